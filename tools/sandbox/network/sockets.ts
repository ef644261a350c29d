/**
 * A cluster's sockets between the machine and the private network, relative to the cluster's folder. Processes that use them run in that
 * folder, because a socket's path is limited to 107 characters.
 */
export const SOCKETS = {
  /** The machine's side: relays to the API server. */
  apiserver: "run/apiserver.sock",
  /** The machine's side: HTTP; `GET /programs/<name>` finds a toolchain program. */
  programs: "run/programs.sock",
  /** The network's side: reads one line, `HOST PORT`, then relays to that address in the network. */
  inside: "run/inside.sock",
  /** The network's side: an HTTP proxy that accepts CONNECT, for the API server. */
  connect: "run/connect.sock",
} as const;
