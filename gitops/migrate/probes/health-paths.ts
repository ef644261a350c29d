/**
 * Paths that a program documents as its health, by the last part of its image's name. One that only seems to work has no place here: an
 * app whose readiness asks a wrong path is out of service.
 */
export const HEALTH_PATHS: Readonly<Record<string, { readonly path: string; readonly source: string }>> = {
  gatus: { path: "/health", source: "github.com/TwiN/gatus: api/api.go" },
  gotenberg: { path: "/health", source: "gotenberg.dev/docs/system/health" },
  jellyfin: { path: "/health", source: "jellyfin.org/docs/general/networking/monitoring" },
};

/** The documented path of an image, the owner's own table first, by the whole name without its tag. */
export function healthPath(image: string, own: Readonly<Record<string, string>>): string | undefined {
  const name = image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  const known = name.split("/").at(-1) ?? "";
  if (Object.hasOwn(own, name)) return own[name];
  return Object.hasOwn(HEALTH_PATHS, known) ? HEALTH_PATHS[known]?.path : undefined;
}
