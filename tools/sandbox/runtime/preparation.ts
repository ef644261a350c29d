import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ApiServer } from "../../../kube/api-server.ts";
import { NAME_SERVER } from "../network/dns.ts";
import { type Service } from "../network/objects.ts";
import { type LocalProgram } from "../network/programs-server.ts";
import { environmentOf, expand } from "./environment.ts";
import { type PodPlace } from "./pod-place.ts";
import { type PodEvents } from "./events.ts";
import { type Image, NODE_PATH, replacementFor, tagOf } from "./images.ts";
import { type Launch, type Mount } from "./launch.ts";
import { MissingError, PodObjects } from "./pod-objects.ts";
import { type RealContainer, type RealPod } from "./pod-spec.ts";
import { serviceVariables } from "./service-variables.ts";
import { PodVolumes } from "./volumes.ts";

/** The API client, events and Services that all pods on a node share. */
export interface RuntimeContext {
  readonly api: ApiServer;
  readonly log: (line: string) => void;
  readonly events: PodEvents;
  readonly services: ReadonlyMap<string, Service>;
  /** Resolves a program, in this version if the cluster has it. */
  readonly program: (name: string, version: string | undefined) => Promise<LocalProgram>;
}

/** The capabilities that Docker and containerd give to root in a container. */
const DEFAULT_CAPABILITIES = [
  ...["chown", "dac_override", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "net_bind_service"],
  ...["net_raw", "sys_chroot", "mknod", "audit_write", "setfcap"],
];
const SETTINGS = ["resolv.conf", "hosts", "hostname"];

/** Prepares everything that a pod's containers need to start. */
export class PodPreparation {
  /** The folder of the pod's volumes, in memory; removed with the pod. */
  readonly folder: string;
  /** The folder of the containers' logs, in the cluster's folder. */
  readonly logs: string;
  readonly #pod: () => RealPod;
  readonly #place: PodPlace;
  readonly #context: RuntimeContext;
  readonly #objects: PodObjects;
  readonly #volumes: PodVolumes;

  constructor(pod: () => RealPod, place: PodPlace, context: RuntimeContext) {
    const { uid, name, namespace } = pod().metadata;
    this.folder = `/run/pods/${uid}`;
    this.logs = resolve("pods", `${namespace}_${name}_${uid}`);
    this.#pod = pod;
    this.#place = place;
    this.#context = context;
    this.#objects = new PodObjects(context.api, namespace);
    this.#volumes = new PodVolumes(join(this.folder, "volumes"), this.#objects, place);
  }

  /** Creates or updates the pod's volumes. @throws MissingError while an object for them does not exist. */
  async update(): Promise<void> {
    await this.#volumes.update(this.#pod());
  }

  /** Prepares a container's next start. @throws MissingError while something that it needs does not exist. */
  async launchOf(container: RealContainer, restart: number): Promise<Launch> {
    const pod = this.#pod();
    const image = replacementFor(container);
    if (image === undefined) throw new MissingError(`no local program for ${container.image}`);
    const programs = await this.#programMounts(image, container);
    const services = serviceVariables(pod, this.#context.services.values());
    const [objects, place] = [this.#objects, this.#place];
    const env = await environmentOf({ pod, container, image, services, objects, place });
    const { securityContext: own = {} } = container;
    const { securityContext: shared = {}, hostname = pod.metadata.name } = pod.spec;
    const entrypoint = container.command ?? image.entrypoint;
    const args = container.args ?? (container.command ? [] : (image.args ?? []));
    return {
      podUid: pod.metadata.uid,
      hostname,
      command: [...entrypoint, ...args].map((text) => expand(text, env)),
      env,
      workingDir: container.workingDir ?? "/",
      mounts: [...this.#settings(), ...programs, ...this.#volumeMounts(container)],
      root: join(this.folder, "roots", container.name),
      readOnlyRoot: own.readOnlyRootFilesystem === true,
      user: own.runAsUser ?? shared.runAsUser,
      group: own.runAsGroup ?? shared.runAsGroup,
      capabilities: capabilities(own.capabilities),
      noNewPrivileges: own.allowPrivilegeEscalation === false,
      log: join(this.logs, container.name, `${restart}.log`),
    };
  }

  async #programMounts(
    { program, script, file, path }: Image,
    { image, name }: RealContainer,
  ): Promise<Mount[]> {
    const mount = (source: string, target: string): Mount => ({ source, target, readOnly: true });
    if (file !== undefined) return [mount(file, path)];
    if (program === undefined) return [mount(process.execPath, NODE_PATH), mount(script ?? "", path)];
    const { events } = this.#context;
    const pod = this.#pod();
    const report = (reason: string, message: string): void => {
      events.report(pod, { type: "Normal", reason, message, container: name });
    };
    report("Pulling", `Resolving ${program} for ${image}`);
    const tag = tagOf(image);
    const found = await this.#context.program(program, tag);
    const difference = tag === undefined || tag === found.version ? "" : `; the image's version is ${tag}`;
    report("Pulled", `Running ${program} ${found.version} from the toolchain${difference}`);
    return [mount(found.path, path)];
  }

  #volumeMounts({ volumeMounts = [] }: RealContainer): Mount[] {
    return volumeMounts
      .map((mount) => ({
        source: this.#volumes.sourceOf(mount),
        target: mount.mountPath,
        readOnly: mount.readOnly === true,
      }))
      .sort((a, b) => a.target.length - b.target.length);
  }

  /** The container's name resolution: resolv.conf, hosts and hostname. */
  #settings(): Mount[] {
    const { metadata, spec } = this.#pod();
    const { namespace } = metadata;
    const { hostname = metadata.name, subdomain, hostAliases = [] } = spec;
    const name =
      subdomain === undefined
        ? hostname
        : `${hostname}.${subdomain}.${namespace}.svc.cluster.local ${hostname}`;
    const search = [`${namespace}.svc.cluster.local`, "svc.cluster.local", "cluster.local"].join(" ");
    const contents = [
      `search ${search}\nnameserver ${NAME_SERVER}\noptions ndots:5\n`,
      [
        "127.0.0.1 localhost",
        `${this.#place.podIP} ${name}`,
        ...hostAliases.map(({ ip, hostnames = [] }) => `${ip} ${hostnames.join(" ")}`),
        "",
      ].join("\n"),
      `${hostname}\n`,
    ];
    return SETTINGS.map((file, index) => {
      const source = join(this.folder, file);
      writeFileSync(source, contents[index] ?? "", { mode: 0o644 });
      return { source, target: `/etc/${file}`, readOnly: false };
    });
  }
}

function capabilities(
  asked: { readonly add?: readonly string[]; readonly drop?: readonly string[] } = {},
): string[] {
  const lower = (names: readonly string[] = []): string[] =>
    names.map((name) => name.toLowerCase().replace(/^cap_/, ""));
  const drop = lower(asked.drop);
  const kept = drop.includes("all") ? [] : DEFAULT_CAPABILITIES.filter((name) => !drop.includes(name));
  return [...new Set([...kept, ...lower(asked.add)])];
}
