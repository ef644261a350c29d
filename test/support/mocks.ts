import * as pulumi from "@pulumi/pulumi";
import { specialSecretSig, specialSigKey, unknownValue } from "@pulumi/pulumi/runtime/rpc.js";

/** A resource as the program registered it with the engine. */
export interface RecordedResource {
  /** Type token, such as `kubernetes:core/v1:Service` or `edgefirst:platform:Gateway`. */
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  /** Inputs as plain data: secrets as their values, unknown values as {@link UNKNOWN}. Empty for a component. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Paths in `inputs` of unknown values, such as `spec.replicas`. */
  readonly unknowns: readonly string[];
  /** Paths in `inputs` of secret values. */
  readonly secrets: readonly string[];
  /** URN of the parent; undefined at the top. */
  readonly parent?: string;
  /** Reference of the provider, `<urn>::<id>`; undefined for the default provider. */
  readonly provider?: string;
  readonly options: RecordedOptions;
}

/** The resource options that reach the engine. */
export interface RecordedOptions {
  readonly custom: boolean;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly ignoreChanges: readonly string[];
  /** URNs of its dependencies, by `dependsOn` or by an input. */
  readonly dependencies: readonly string[];
  /** A component's providers by package name, as references. */
  readonly providers: Readonly<Record<string, string>>;
}

/** Placeholder for a value that is known only after an update. */
export const UNKNOWN = "<unknown>";

/**
 * Runs part of a program against Pulumi's mock engine and returns the resources that it registered, in order.
 * Outputs equal inputs; with `preview`, everything else (the id, a status) is unknown, as in the first preview of an empty cluster.
 */
export async function recordResources(
  run: () => void | Promise<void>,
  { preview = false }: { readonly preview?: boolean } = {},
): Promise<RecordedResource[]> {
  const recorded: RecordedResource[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => ({
        id: preview ? undefined : `${name}-id`,
        state: inputs as object,
      }),
      call: ({ token }) => {
        throw new Error(`The program called ${token}, which no unit test expects.`);
      },
    },
    "edgefirst",
    "test",
    preview,
  );
  recordRegistrations(recorded);
  await run();
  await pulumi.runtime.disconnect();
  return recorded;
}

/** The recorded resource with this name; the type distinguishes resources with the same name. */
export function resourceNamed(
  resources: readonly RecordedResource[],
  name: string,
  type?: string,
): RecordedResource {
  const found = resources.filter(
    (resource) => resource.name === name && (type === undefined || resource.type === type),
  );
  if (found.length === 1) return found[0]!;
  const names = resources.map((resource) => `${resource.type} ${resource.name}`).join(", ");
  throw new Error(
    `${found.length} resources are named ${name}${type === undefined ? "" : ` (${type})`}; recorded: ${names}`,
  );
}

type Monitor = NonNullable<ReturnType<typeof pulumi.runtime.getMonitor>>;
type Request = Parameters<Monitor["registerResource"]>[0];

/** The mocks see neither parent nor options, so this reads the requests before the mock monitor does. */
function recordRegistrations(recorded: RecordedResource[]): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as {
    registerResource: (
      request: Request,
      callback: (error: unknown, response?: { getUrn(): string }) => void,
    ) => Promise<void>;
  };
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) =>
    register(request, (error, response) => {
      if (response !== undefined) recorded.push(describeRequest(request, response.getUrn()));
      callback(error, response);
    });
}

function describeRequest(request: Request, urn: string): RecordedResource {
  const unknowns: string[] = [];
  const secrets: string[] = [];
  const inputs = plain(request.getObject()?.toJavaScript() ?? {}, "", unknowns, secrets);
  const parent = request.getParent();
  const provider = request.getProvider();
  return {
    type: request.getType(),
    name: request.getName(),
    urn,
    inputs: inputs as Record<string, unknown>,
    unknowns,
    secrets,
    ...(parent === "" ? {} : { parent }),
    ...(provider === "" ? {} : { provider }),
    options: {
      custom: request.getCustom(),
      protect: request.getProtect() ?? false,
      retainOnDelete: request.getRetainondelete() ?? false,
      ignoreChanges: request.getIgnorechangesList(),
      dependencies: request.getDependenciesList(),
      providers: Object.fromEntries(request.getProvidersMap().toObject(false, undefined as never)),
    },
  };
}

function plain(value: unknown, path: string, unknowns: string[], secrets: string[]): unknown {
  if (value === unknownValue) {
    unknowns.push(path);
    return UNKNOWN;
  }
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value))
    return value.map((item, index) => plain(item, `${path}[${index}]`, unknowns, secrets));
  const fields = value as Record<string, unknown>;
  if (fields[specialSigKey] === specialSecretSig) {
    secrets.push(path);
    return plain(fields.value, path, unknowns, secrets);
  }
  return Object.fromEntries(
    Object.entries(fields).map(([key, item]) => [
      key,
      plain(item, path === "" ? key : `${path}.${key}`, unknowns, secrets),
    ]),
  );
}
