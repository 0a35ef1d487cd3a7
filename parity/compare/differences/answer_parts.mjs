// Checks of an answer that several entries use.

/** Returns whether a handler has answered, with the status that its instructions name. */
export const isHandled = ({ status, handler }) => status === (/^sign-/.test(handler.does) ? 302 : handler.status ?? 200);

export const isSignedOutForWantOfKeys = ours => isHandled(ours) && isForWantOfKeys(ours);

export const isForWantOfKeys = answer => /^(jwk-remote-failed-to-load|secret-key-invalid|unexpected-error)$/.test(answer['x-clerk-auth-reason']);
