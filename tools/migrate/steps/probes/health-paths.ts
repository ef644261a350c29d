/** A path that a program documents as its health. */
interface HealthPath {
  /** Repositories of its images, as its makers publish them; Docker Hub's without the registry. */
  readonly images: readonly string[];
  readonly path: string;
  readonly source: string;
}

/** A path that only seems to work has no place here: an app whose readiness asks a wrong one is out of service. */
const HEALTH_PATHS: readonly HealthPath[] = [
  {
    images: ["ghcr.io/twin/gatus", "twinproduction/gatus"],
    path: "/health",
    source: "github.com/TwiN/gatus: api/api.go",
  },
  {
    images: ["gotenberg/gotenberg"],
    path: "/health",
    source: "gotenberg.dev/docs/system/health",
  },
  {
    images: ["jellyfin/jellyfin", "ghcr.io/jellyfin/jellyfin"],
    path: "/health",
    source: "jellyfin.org/docs/general/networking/monitoring",
  },
];

/** The documented path of an image, whatever its tag and digest are; the owner's own table, by the image's repository, goes first. */
export function healthPath(image: string, own: Readonly<Record<string, string>>): string | undefined {
  const name = repositoryOf(image);
  const [, path] = Object.entries(own).find(([key]) => repositoryOf(key) === name) ?? [];
  return path ?? HEALTH_PATHS.find(({ images }) => images.includes(name))?.path;
}

/** Without tag and digest; Docker Hub's without the registry. */
function repositoryOf(image: string): string {
  const name = image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  return name.replace(/^(?:index\.)?docker\.io\/(?:library\/)?/, "");
}
