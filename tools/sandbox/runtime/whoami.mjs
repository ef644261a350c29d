import { readFile } from "node:fs/promises";
import { hostname, networkInterfaces } from "node:os";
import { parseArgs } from "node:util";

// A small HTTP server that describes itself and the request: `/` as text, `/api` as JSON, `/env` its environment, `/file?path=` a file,
// `/kubernetes` its user name at the API server, `/health` its health, which `/become?health=` sets. It is JavaScript so that Node does not load its TypeScript
// compiler in each pod: 12 MB. Nor does it `import` HTTP, which would load all of Node's `fetch`, 7 MB, or TLS before it is needed, 2 MB.

const { createServer } = process.getBuiltinModule("node:http");
const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";
const option = (value) => ({ type: "string", default: value });
const { values } = parseArgs({
  options: {
    port: option(process.env.WHOAMI_PORT_NUMBER ?? "80"),
    name: option(process.env.WHOAMI_NAME ?? ""),
    /** A second port with the same pages. */
    "control-port": option(""),
  },
});
let health = 200;

/** What each path responds, given the URL and the request. */
const pages = {
  "/": (_, incoming) =>
    Object.entries(facts(incoming))
      .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
      .join(""),
  "/api": (_, incoming) => JSON.stringify(facts(incoming)),
  "/env": () => JSON.stringify(process.env),
  "/file": (url) => readFile(url.searchParams.get("path") ?? "", "utf8"),
  "/kubernetes": askKubernetes,
  "/become": (url) => String((health = Number(url.searchParams.get("health")))),
};

function facts(incoming) {
  const interfaces = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return {
    name: values.name,
    hostname: hostname(),
    ip: interfaces.map(({ address }) => address),
    user: process.getuid?.(),
    remote: incoming.socket.remoteAddress,
    method: incoming.method,
    url: incoming.url,
    headers: incoming.headers,
  };
}

/** This pod's user name at the API server, through the in-cluster configuration that client libraries use. */
async function askKubernetes() {
  const body = JSON.stringify({ apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" });
  const options = {
    host: process.env.KUBERNETES_SERVICE_HOST,
    port: process.env.KUBERNETES_SERVICE_PORT,
    path: "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    method: "POST",
    ca: await readFile(`${ACCOUNT}/ca.crt`),
    headers: {
      authorization: `Bearer ${await readFile(`${ACCOUNT}/token`, "utf8")}`,
      "content-type": "application/json",
    },
  };
  return new Promise((resolve, reject) => {
    const asked = process.getBuiltinModule("node:https").request(options, (response) => {
      let answer = "";
      response.setEncoding("utf8").on("data", (chunk) => (answer += chunk));
      response.once("end", () => {
        const review = JSON.parse(answer);
        resolve(review.status?.userInfo?.username ?? answer);
      });
    });
    asked.once("error", reject).end(body);
  });
}

async function serve(incoming, response) {
  const url = new URL(incoming.url ?? "/", "http://localhost");
  if (url.pathname === "/health") {
    response.writeHead(health).end();
    return;
  }
  try {
    response.end(await (pages[url.pathname] ?? pages["/"])?.(url, incoming));
  } catch (error) {
    response.writeHead(404).end(String(error));
  }
}

for (const port of [values.port, values["control-port"]].filter(Boolean)) {
  const server = createServer((incoming, response) => void serve(incoming, response));
  server.listen(Number(port), () => {
    process.stdout.write(`listening on port ${port}\n`);
  });
  process.once("SIGTERM", () => {
    server.close();
    server.closeAllConnections();
  });
}
