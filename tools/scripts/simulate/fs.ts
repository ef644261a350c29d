// Replaces `node:fs/promises` where staging asks git about a history: the simulated git needs no folder, and real files would take real time.

export function mkdtemp(): Promise<string> {
  return Promise.resolve("/nowhere");
}

export function rm(): Promise<void> {
  return Promise.resolve();
}
