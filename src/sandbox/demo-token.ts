/** The one token that the sandbox accepts. It is public, so nothing but the sandbox may ever be called with it. */
export const demoToken = "contactswing-sandbox-demo-token";
