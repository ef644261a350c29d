/**
 * A cluster's sockets between the machine and the private network, relative to the cluster's folder. Processes that use them run in that
 * folder, because a socket's path is limited to 107 characters.
 */
export const SOCKETS = {
  /** Served on the machine: relays connections to the API server. */
  apiserver: "run/apiserver.sock",
  /** Served on the machine, over HTTP: `GET /programs/<name>/<version>` finds a program. */
  programs: "run/programs.sock",
  /** Served in the network: reads one line, `HOST PORT`, then relays the connection to that address. */
  inside: "run/inside.sock",
  /** Served in the network: an HTTP proxy for the API server, which accepts only CONNECT. */
  connect: "run/connect.sock",
} as const;
