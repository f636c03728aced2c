import type { IdeManifest } from "./ide-assets.ts";
import type { IdeSettings } from "./ide-settings.ts";

// Monaco and Radix write style elements at run time, so inline styles stay allowed; scripts and workers are files of
// this origin. The two data: images are icons of Monaco's stylesheet and the page's own.
const playgroundPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];
const emptyPolicy = ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"];

function securityHeaders(policy: readonly string[]) {
  return {
    "content-security-policy": policy.join("; "),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
  } as const;
}

export const playgroundHeaders = securityHeaders(playgroundPolicy);
/** For answers that need nothing from anywhere: the bundle's files, and pages without scripts. */
export const inertHeaders = securityHeaders(emptyPolicy);

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%23d60590'/%3E%3Cpath d='M4 8h8M8 4v8' stroke='%23fff' stroke-width='2'/%3E%3C/svg%3E";

/** The playground's page. Its addresses are relative, so that it also works behind a path prefix. */
export function renderPlayground(assetsPath: string, manifest: IdeManifest, settings: IdeSettings): string {
  // Inside of a script element only `<` could end the data.
  const json = JSON.stringify(settings).replaceAll("<", "\\u003c");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>ContactSwing playground</title>
<link rel="icon" href="${icon}">
<link rel="license" href="${assetsPath}${manifest.licences}">
<link rel="stylesheet" href="${assetsPath}${manifest.style}">
<script type="application/json" id="settings">${json}</script>
<script type="module" src="${assetsPath}${manifest.script}"></script>
</head>
<body>
<div id="playground"></div>
<noscript>The playground needs JavaScript. Without it: POST queries to this address.</noscript>
</body>
</html>
`;
}

/** What a browser gets where there is no playground. */
export function renderNotice(title: string, text: string): string {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${title}</title></head>
<body><h1>${title}</h1><p>${text}</p></body>
</html>
`;
}
