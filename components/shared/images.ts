/** The reference of an image at the mirror of its registry, with the same tag and digest. */
export function mirrored(image: string, mirrors: Readonly<Record<string, string>>): string {
  const slash = image.indexOf("/");
  const mirror = mirrors[image.slice(0, slash)];
  return mirror === undefined ? image : `${mirror}${image.slice(slash)}`;
}
