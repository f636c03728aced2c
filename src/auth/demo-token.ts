/** The one token that the sandbox accepts. It is public, so it must never be sent to anything but the sandbox. */
export const demoToken = "contactswing-sandbox-demo-token";
