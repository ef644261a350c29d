/** Length of application tokens and user keys (https://pushover.net/api). */
export const PUSHOVER_KEY_LENGTH = 30;
