/** The bundler takes stylesheets out of the scripts that import them. */
declare module "*.css";
