/** How the encrypted values of SOPS begin; in a file that is a value as a whole, it is somewhere inside. */
export const CIPHERTEXT = "ENC[AES256_GCM,data:";

/**
 * Whether SOPS has encrypted a text. Kustomize generates Secrets with it from encrypted files, which kustomize-controller decrypts before the build (`DecryptSources`
 * in its internal/decryptor/decryptor.go).
 */
export const isCiphertext = (text: string): boolean => text.startsWith("ENC[") || text.includes(CIPHERTEXT);
