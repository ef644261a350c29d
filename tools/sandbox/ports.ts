import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";

/**
 * Ports on 127.0.0.1, all different, that were free a moment ago.
 * @param taken ports that must not be among them, although nothing may be listening on them
 */
export async function freePorts(count: number, taken: readonly number[] = []): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports.some((port) => taken.includes(port)) ? freePorts(count, taken) : ports;
}

/** A port on 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** Whether a port on 127.0.0.1 is free. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  await once(server.close(), "close");
  return true;
}

/** Whether a port on 127.0.0.1 accepts connections. */
export async function isListening(port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
