/** Whether a text is a bcrypt hash in base64, which is how Gatus takes a password. */
export function isBcryptInBase64(text: string): boolean {
  return /^\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}$/.test(Buffer.from(text, "base64").toString("utf8"));
}
