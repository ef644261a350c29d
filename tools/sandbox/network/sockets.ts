/**
 * Sockets of a cluster between the machine and the private network, relative to the cluster's folder, which is the working directory of those
 * who use them: a socket's path may have no more than 107 characters.
 */
export const SOCKETS = {
  /** The machine's side: connections go on to the API server. */
  apiserver: "run/apiserver.sock",
  /** The machine's side: HTTP, `GET /programs/<name>` resolves a program of the toolchain. */
  programs: "run/programs.sock",
  /** The network's side: after a line `HOST PORT`, the connection goes on to that address in the network. */
  inside: "run/inside.sock",
  /** The network's side: an HTTP proxy that takes CONNECT, for the API server. */
  connect: "run/connect.sock",
} as const;
