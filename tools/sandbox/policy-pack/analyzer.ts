import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import {
  Client,
  credentials,
  Server,
  ServerCredentials,
  status,
  type handleUnaryCall,
  type MethodDefinition,
  type ServiceError,
} from "@grpc/grpc-js";
import { AnalyzerService } from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";

// Serves a policy pack to the Pulumi CLI, which runs this file with the pack's directory and the engine's address. The CLI sends the stack's configuration in a
// call, but the SDK reads it from variables, so the pack starts at that call, and all other calls are passed on to it. An official language host does the same
// (sdk/policy_proxy.go).

const [directory = ".", engine = ""] = process.argv.slice(2);
const RUN = join(import.meta.dirname, "../../../node_modules/@pulumi/pulumi/cmd/run-policy-pack");

/** Resources can be larger than gRPC's default of 4 MB. */
const LIMITS = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };

type Handler = handleUnaryCall<Buffer, Buffer>;

let running: Promise<Client> | undefined;

/** The variables from which the SDK reads the stack's name and configuration. */
function variables(message: Buffer): NodeJS.ProcessEnv {
  const request = AnalyzerService.configureStack.requestDeserialize(message);
  return {
    PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().getEntryList())),
    PULUMI_NODEJS_ORGANIZATION: request.getOrganization(),
    PULUMI_NODEJS_PROJECT: request.getProject(),
    PULUMI_NODEJS_STACK: request.getStack(),
    PULUMI_NODEJS_DRY_RUN: String(request.getDryRun()),
  };
}

/** Starts the pack. Like every plugin, it prints its port first. */
function startPack(env: NodeJS.ProcessEnv): Promise<Client> {
  const child = spawn(process.execPath, [RUN, engine, "."], {
    cwd: directory,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.once("exit", () => child.kill());
  return connected(child);
}

function connected(child: ChildProcess & { readonly stdout: NodeJS.ReadableStream }): Promise<Client> {
  return new Promise((resolve, reject) => {
    let port: string | undefined;
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (port === undefined) {
        port = line;
        resolve(new Client(`127.0.0.1:${port}`, credentials.createInsecure(), LIMITS));
      } else process.stdout.write(`${line}\n`);
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      reject(new Error(`The policy pack in ${directory} did not start: ${signal ?? `exit code ${code}`}.`));
      // This process ends as well, once the CLI has its answers.
      server.tryShutdown(() => undefined);
    });
  });
}

/** Passes a call on to the pack. */
function passOn({ path }: { readonly path: string }): Handler {
  return ({ request }, callback) => {
    running ??= startPack({});
    running.then((pack) => pack.makeUnaryRequest(path, same, same, request, callback), callback);
  };
}

/** Starts the pack with the stack's configuration. Packs that know this call get it as well. */
const configureStack: Handler = (call, callback) => {
  running ??= startPack(variables(call.request));
  passOn(AnalyzerService.configureStack)(call, (error, response) => {
    const isUnknown = (error as ServiceError | null)?.code === status.UNIMPLEMENTED;
    callback(isUnknown ? null : error, isUnknown ? Buffer.alloc(0) : response);
  });
};

const same = (message: Buffer): Buffer => message;

/** A call whose messages stay as they are. */
function unchanged({ path }: { readonly path: string }): MethodDefinition<Buffer, Buffer> {
  return {
    ...{ path, requestStream: false, responseStream: false },
    ...{
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    },
  };
}

const server = new Server(LIMITS);
const calls = Object.entries(AnalyzerService);
server.addService(Object.fromEntries(calls.map(([name, call]) => [name, unchanged(call)])), {
  ...Object.fromEntries(calls.map(([name, call]) => [name, passOn(call)])),
  configureStack,
  handshake: ((_, callback) => {
    callback(null, Buffer.alloc(0));
  }) satisfies Handler,
});
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  process.stdout.write(`${port}\n`);
});
