import type { IncomingMessage } from "node:http";
import * as https from "node:https";
import type { RequestOptions } from "node:https";
import { http } from "../lib/node-http.ts";

/**
 * Sends a request, with a JSON body if given, and resolves once the response headers arrive. {@link readBody} reads the body.
 * @throws the socket's error, or the reason of `options.signal`
 */
export function sendJson(url: string, options: RequestOptions, body?: unknown): Promise<IncomingMessage> {
  const content = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    "content-type": "application/json",
    ...(options.headers as Readonly<Record<string, string>> | undefined),
    // By default, Node sends the body of a DELETE without a Content-Length, and the server would parse the body as the next request.
    ...(content !== undefined && { "content-length": String(Buffer.byteLength(content)) }),
  };
  const { request } = url.startsWith("http:") ? http : https;
  return new Promise((resolve, reject) => {
    request(url, { ...options, headers }, resolve)
      .on("error", reject)
      .end(content);
  });
}

/** The body of a response: parsed if it is JSON, otherwise a string. */
export async function readBody(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
