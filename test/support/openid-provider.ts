import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../../tools/sandbox/ports.ts";
import { waitUntil } from "../../tools/sandbox/processes.ts";
import { resolveProgram } from "../../tools/toolchain/resolve.ts";
import { temporaryDirectory } from "./temporary.ts";

/** What a provider is started with. */
export interface ProviderSettings {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUri: string;
  /** Passwords by user name, which is also the subject. */
  readonly users: Readonly<Record<string, string>>;
}

/** A running provider. */
export interface RunningProvider {
  readonly issuer: string;
  /** Fills in the login form. @returns the URL to which the provider then redirects; undefined if it shows the form again */
  logIn(authorizationUrl: string, username: string, password: string): Promise<string | undefined>;
  stop(): Promise<void>;
}

/** Starts the provider in the examples of Zitadel's OpenID library. */
export async function startProvider({
  clientId,
  clientSecret,
  redirectUri,
  users,
}: ProviderSettings): Promise<RunningProvider> {
  const { path } = await resolveProgram("openid-provider", { progress: () => undefined });
  const dir = temporaryDirectory("edgefirst-provider-");
  const file = join(dir, "users.json");
  const entries = Object.entries(users).map(
    ([Username, Password]) => [Username, { ID: Username, Username, Password }] as const,
  );
  writeFileSync(file, JSON.stringify(Object.fromEntries(entries)));
  const port = await freePort();
  const child = spawn(path, [String(port), clientId, clientSecret, redirectUri, file], { stdio: "ignore" });
  const exited = once(child, "exit");
  const issuer = `http://127.0.0.1:${port}`;
  const answers = (): Promise<boolean> =>
    fetch(`${issuer}/.well-known/openid-configuration`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitUntil("the OpenID provider", answers, { timeoutMs: 20_000 });
  return {
    issuer,
    logIn,
    async stop() {
      child.kill();
      await exited;
    },
  };
}

async function logIn(
  authorizationUrl: string,
  username: string,
  password: string,
): Promise<string | undefined> {
  // Redirects to the form.
  const page = await fetch(authorizationUrl);
  const form = await page.text();
  const [, action] = /<form method="POST" action="([^"]+)"/.exec(form) ?? [];
  const [, id] = /name="id" value="([^"]+)"/.exec(form) ?? [];
  if (action === undefined || id === undefined) throw new Error(`no login form: ${page.status} ${form}`);
  const accepted = await fetch(new URL(action, page.url), {
    method: "POST",
    body: new URLSearchParams({ id, username, password }),
    redirect: "manual",
  });
  const callback = accepted.headers.get("location");
  if (callback === null) return undefined;
  const finished = await fetch(new URL(callback, page.url), { redirect: "manual" });
  return finished.headers.get("location") ?? undefined;
}
