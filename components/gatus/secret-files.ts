import type { PushoverSecret } from "../shared/pushover.ts";
import { literal, pushoverSettings, type GatusStorage } from "./config.ts";
import { LOGIN, loginSettings, type ExistingLogin } from "./login.ts";
import { CONFIG_DIRECTORY, CONTAINER_SECURITY } from "./sidecar-containers.ts";

/** A file of Gatus's configuration with values of an existing Secret, which Gatus itself does not mount. */
interface SecretFile {
  /** Name of the container that writes the file. */
  readonly writer: string;
  /** Name of the volume with the Secret. */
  readonly volume: string;
  readonly secret: string;
  /** Volume, folder and name of the file. */
  readonly folder: string;
  /** The file's content, with a {@link FromSecret} for each value of the Secret. */
  readonly content: object;
}

/** Stands for the value of a key. */
interface FromSecret {
  readonly key: string;
}

/** Arguments of {@link secretFiles}. */
export interface SecretFileSources {
  readonly storage: GatusStorage;
  /** An object if the keys are in an existing Secret. */
  readonly pushover: boolean | PushoverSecret;
  /** An object if its secret value is in an existing Secret. */
  readonly login?: boolean | ExistingLogin;
}

/** The volume of the Secret that the stack itself writes has the same name, so that Gatus reads the keys from the same folder. */
export const PUSHOVER = "pushover";

/** The files that have to be written before Gatus starts. */
export function secretFiles({ storage, pushover, login }: SecretFileSources): readonly SecretFile[] {
  const value = (key: string): FromSecret => ({ key });
  const files: SecretFile[] = [];
  if (storage.type === "postgres")
    files.push({
      writer: "storage-url",
      volume: "database",
      secret: storage.secret,
      folder: "storage",
      content: { storage: { path: value(storage.key) } },
    });
  if (typeof pushover === "object")
    files.push({
      writer: "pushover-keys",
      volume: "pushover-keys",
      secret: pushover.secret,
      folder: PUSHOVER,
      content: pushoverSettings(value(pushover.token), value(pushover.userKey)),
    });
  if (typeof login === "object")
    files.push({
      writer: "login-secret",
      volume: "login-secret",
      secret: login.secret,
      folder: LOGIN,
      content: loginSettings(login, value(login.key)),
    });
  return files;
}

/**
 * Writes the file. If the values were in environment variables, every route could read them: Gatus expands `${…}` anywhere in its
 * configuration, including text from annotations. In the file, `$` is doubled, and JSON is valid YAML.
 */
const WRITE_FILE = [
  "import json, sys",
  "content, secret, output = sys.argv[1:]",
  "def fill(value):",
  '    if set(value) != {"key"}: return value',
  '    return open(secret + "/" + value["key"]).read().strip().replace("$", "$$")',
  'open(output, "w").write(json.dumps(json.loads(content, object_hook=fill)))',
].join("\n");

/** Runs before Gatus, in k8s-sidecar's image, which has Python; a new value takes effect when the pod restarts. */
export function secretFileWriter(
  { writer, volume, folder, content }: SecretFile,
  image: string,
): Record<string, unknown> {
  const mounted = `/run/${volume}`;
  const mountPath = `${CONFIG_DIRECTORY}/${folder}`;
  const output = `${mountPath}/${folder}.yaml`;
  return {
    name: writer,
    image,
    // Kubernetes, too, reads `$$` as `$` in a command.
    command: ["python", "-c", ...[WRITE_FILE, JSON.stringify(content)].map(literal), mounted, output],
    resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "64Mi" } },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [
      { name: volume, mountPath: mounted, readOnly: true },
      { name: folder, mountPath },
    ],
  };
}

/** The volume with the Secret. */
export function secretVolume({ volume, secret }: SecretFile): Record<string, unknown> {
  return { name: volume, secret: { secretName: secret, defaultMode: 0o440 } };
}

/** The volume with the file, which is never on a disk. */
export function fileVolume({ folder }: SecretFile): { readonly name: string } & Record<string, unknown> {
  return { name: folder, emptyDir: { medium: "Memory" } };
}
