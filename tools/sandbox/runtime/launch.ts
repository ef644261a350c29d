import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { type Readable } from "node:stream";
import { podNetwork } from "../network/bridge.ts";
import { SYSTEM_PATH } from "../network/commands.ts";

/** A mount in a container. */
export interface Mount {
  /** Path on the machine: a folder or a file. */
  readonly source: string;
  /** Path in the container. */
  readonly target: string;
  readonly readOnly: boolean;
}

/** A container that is ready to start. */
export interface Launch {
  readonly podUid: string;
  readonly hostname: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workingDir: string;
  readonly mounts: readonly Mount[];
  /** An empty folder, where the container's root is mounted. */
  readonly root: string;
  readonly readOnlyRoot: boolean;
  /**
   * User ID. 0 and undefined stand for root, which has {@link capabilities}. Other users have none, as is normal when no ambient capabilities are set.
   */
  readonly user: number | undefined;
  readonly group: number | undefined;
  /** Capabilities in setpriv's notation, without `cap_`. */
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  /** The file that receives the container's output. */
  readonly log: string;
}

/** The exit code of a container whose root could not be created. */
export const SETUP_FAILED = 128;

/**
 * Sets up the container and then replaces itself with the container's program, so that signals and exit codes need no forwarding. The root is in memory. Only
 * the machine's programs and libraries are mounted in it, read-only. Where `/bin` is a link to `/usr/bin`, and the container has a mount in it, `/bin` becomes a
 * folder of links instead.
 */
const SETUP = `
P=$PATH; PATH=${SYSTEM_PATH}; ROOT=$1; NAME=$2; RO=$3; U=$4; G=$5; CWD=$6; CAPS=$7; NNP=$8; N=$9; shift 9
fail() { echo "edgefirst: the container's root could not be created: $1"; exit ${SETUP_FAILED}; }
mount -t tmpfs -o mode=755 tmpfs "$ROOT" || fail root
cd "$ROOT" || fail root
mkdir -p dev proc sys etc run tmp var/tmp root home; chmod 1777 tmp var/tmp; ln -s ../run var/run
for D in usr lib lib32 lib64 libx32 bin sbin nix; do
  if [ -L "/$D" ]; then cp -P "/$D" "$D"
  elif [ -d "/$D" ]; then mkdir "$D" && mount --rbind "/$D" "$D" && { mount -o remount,bind,ro "$D" 2>/dev/null || true; } || fail "/$D"; fi
done
[ -d usr/local/bin ] && { mount -t tmpfs -o mode=755 tmpfs usr/local/bin || fail /usr/local/bin; }
for F in null zero full random urandom tty; do : > "dev/$F"; mount --bind "/dev/$F" "dev/$F" || fail "/dev/$F"; done
mkdir -p dev/shm; mount -t tmpfs -o mode=1777 tmpfs dev/shm
ln -s /proc/self/fd dev/fd; ln -s /proc/self/fd/0 dev/stdin; ln -s /proc/self/fd/1 dev/stdout; ln -s /proc/self/fd/2 dev/stderr
mount --rbind /proc proc || fail /proc
mount --rbind /sys sys 2>/dev/null || true
for F in ssl pki ca-certificates alternatives ld.so.cache mime.types protocols services localtime; do
  if [ -L "/etc/$F" ]; then cp -P "/etc/$F" "etc/$F"
  elif [ -d "/etc/$F" ]; then mkdir "etc/$F"; mount --rbind "/etc/$F" "etc/$F"
  elif [ -f "/etc/$F" ]; then cp "/etc/$F" "etc/$F"; fi
done
printf 'hosts: files dns\\n' > etc/nsswitch.conf
printf 'root:x:0:0:root:/root:/sbin/nologin\\nuser:x:%s:%s:user:/:/sbin/nologin\\n' "$U" "$G" > etc/passwd
printf 'root:x:0:\\nuser:x:%s:\\n' "$G" > etc/group
hostname "$NAME" || fail hostname
own_bin() { [ ! -L bin ] || { rm bin && mkdir bin && (cd bin && ln -s ../usr/bin/* .); } || fail /bin; }
while [ "$N" -gt 0 ]; do
  case "$2" in /bin/*) own_bin ;; esac
  if [ -d "$1" ]; then mkdir -p "./$2" || fail "$2"
  else mkdir -p "$(dirname "./$2")" && { [ -e "./$2" ] || : > "./$2"; } || fail "$2"; fi
  mount --bind "$1" "./$2" || fail "$2"
  if [ "$3" = ro ]; then mount -o remount,bind,ro "./$2" || fail "$2"; fi
  shift 3; N=$((N - 1))
done
[ "$RO" = ro ] && { mount -o remount,bind,ro "$ROOT" || fail 'read-only root'; }
[ -d "./$CWD" ] || fail "the working directory $CWD does not exist"
PATH=$P; export PATH; unset PWD OLDPWD; exec 3>&-
if [ "$U" = 0 ]; then exec /usr/bin/unshare --root "$ROOT" --wd "$CWD" -- /usr/bin/setpriv --bounding-set "$CAPS" --inh-caps=-all $NNP -- "$@"
else exec /usr/bin/unshare --user --map-user="$U" --map-group="$G" --root "$ROOT" --wd "$CWD" -- /usr/bin/setpriv $NNP -- "$@"; fi
`;

/** Starts a container as the leader of a process group. `begun` resolves once the root is complete and the program starts. */
export function launch(container: Launch): { readonly child: ChildProcess; readonly begun: Promise<void> } {
  mkdirSync(dirname(container.log), { recursive: true, mode: 0o700 });
  mkdirSync(container.root, { recursive: true });
  const log = openSync(container.log, "a", 0o600);
  const { user = 0, group = user, mounts } = container;
  const args = [
    ...[
      container.root,
      container.hostname,
      container.readOnlyRoot ? "ro" : "rw",
      String(user),
      String(group),
    ],
    ...[container.workingDir, ["-all", ...container.capabilities.map((name) => `+${name}`)].join(",")],
    ...[container.noNewPrivileges ? "--no-new-privs" : "", String(mounts.length)],
    ...mounts.flatMap(({ source, target, readOnly }) => [source, target, readOnly ? "ro" : "rw"]),
    ...container.command,
  ];
  const own = ["--mount", "--uts", "--ipc", "--propagation", "private"];
  const child = spawn(
    "/usr/bin/nsenter",
    [
      `--net=${podNetwork(container.podUid)}`,
      "/usr/bin/unshare",
      ...own,
      "/bin/sh",
      "-c",
      SETUP,
      "sh",
      ...args,
    ],
    // The process group is killed with the container, so it must contain nothing else.
    { env: { ...container.env }, stdio: ["ignore", log, log, "pipe"], detached: true },
  );
  closeSync(log);
  // The last step of the setup closes this pipe, and so does a failure.
  const progress = child.stdio[3] as Readable;
  const begun = new Promise<void>((resolve) => {
    progress.resume().once("close", resolve);
  });
  return { child, begun };
}

/** Runs a command in a container, as `kubectl exec` does. Resolves to true if it succeeded. */
export function execute(
  pid: number,
  container: Pick<Launch, "env" | "user">,
  command: readonly string[],
  timeoutMs: number,
): Promise<boolean> {
  const user =
    container.user === undefined || container.user === 0 ? [] : ["--user", "--preserve-credentials"];
  const child = spawn(
    "/usr/bin/nsenter",
    [
      "--target",
      String(pid),
      ...user,
      "--net",
      "--mount",
      "--uts",
      "--ipc",
      "--root",
      "--wd",
      "--",
      ...command,
    ],
    { env: { ...container.env }, stdio: "ignore", timeout: timeoutMs, killSignal: "SIGKILL" },
  );
  return new Promise((resolve) => {
    child.once("error", () => {
      resolve(false);
    });
    child.once("exit", (code) => {
      resolve(code === 0);
    });
  });
}
