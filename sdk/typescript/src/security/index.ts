/**
 * Signed commands, permissions, rate limits, the audit and encrypted payloads.
 *
 * @module @mission-control/sdk/security
 */
export { canonicalize } from "./canonical.js";
export { decryptPayload, encryptPayload } from "./encryption.js";
export { SecurityIntegration, type SecurityOptions } from "./integration.js";
export type { RateLimit } from "./rate-limit.js";
export { publicKeyOf, signDetached, verifyDetached } from "./signature.js";
