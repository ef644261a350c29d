/** Names of files that contain no text, or text that no person writes. */
export const NO_TEXT =
  /\.(?:png|jpe?g|gif|webp|ico|svg|pdf|woff2?|ttf|mp[34]|zip|t?gz|xz|zst|tar|jar|db|sqlite|lock|sum|age|pub)$/i;
