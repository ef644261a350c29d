import { setTimeout } from "node:timers/promises";
import type { UpdateEvent } from "../config/notify.ts";
import { fetchByProxy } from "../lib/fetch-by-proxy.ts";
import { networkReason } from "./checks/http-get.ts";
import type { StartedBy } from "./started-by.ts";

/** A notification about an update. */
export interface Notification {
  readonly event: UpdateEvent;
  readonly project: string;
  readonly stack: string;
  readonly release: string;
  /** ISO 8601. */
  readonly time: string;
  readonly startedBy: StartedBy;
  readonly message: string;
}

/** Where notifications go. */
export interface Channel {
  readonly name: "webhook" | "pushover";
  /** The URL may contain a token, so it is never printed. */
  readonly url: string;
  readonly contentType: string;
  readonly body: (notification: Notification) => string;
}

/** The outcome of a notification. */
export interface Notified {
  readonly channel: Channel["name"];
  readonly outcome: "sent" | "failed";
  /** Why it failed. */
  readonly message?: string;
}

const PUSHOVER_URL = "https://api.pushover.net/1/messages.json";
/** Length of the longest message that Pushover accepts (https://pushover.net/api#limits). */
const PUSHOVER_LENGTH = 1_024;
const TIMEOUT_MS = 5_000;
const PAUSE_MS = 1_000;

/** A channel that sends a POST request to a webhook. In addition to the separate fields, `text` contains the whole message, as Slack and Mattermost expect. */
export function webhookChannel(url: string): Channel {
  return {
    name: "webhook",
    url,
    contentType: "application/json",
    body: (notification) =>
      JSON.stringify({ ...notification, text: `${titleOf(notification)}\n${notification.message}` }),
  };
}

/** A channel that sends to Pushover. Only a failed verification has high priority. */
export function pushoverChannel(token: string, user: string, url = PUSHOVER_URL): Channel {
  return {
    name: "pushover",
    url,
    contentType: "application/x-www-form-urlencoded",
    body: (notification) =>
      new URLSearchParams({
        token,
        user,
        title: titleOf(notification),
        message: notification.message.slice(0, PUSHOVER_LENGTH),
        priority: notification.event === "failed" ? "1" : "0",
        ...(notification.startedBy.run !== undefined && { url: notification.startedBy.run }),
      }).toString(),
  };
}

/**
 * Sends a notification to every channel, with one retry each. Takes a few seconds at most, and never throws an error.
 * @param pauseMs pause before the retry, in milliseconds
 */
export function sendNotification(
  channels: readonly Channel[],
  notification: Notification,
  pauseMs = PAUSE_MS,
): Promise<Notified[]> {
  return Promise.all(
    channels.map(async (channel): Promise<Notified> => {
      let problem = await post(channel, notification);
      if (problem !== undefined) {
        await setTimeout(pauseMs);
        problem = await post(channel, notification);
      }
      return problem === undefined
        ? { channel: channel.name, outcome: "sent" }
        : { channel: channel.name, outcome: "failed", message: problem };
    }),
  );
}

/** @returns a description of the error, without the URL; undefined if the request succeeded */
async function post(
  { url, contentType, body }: Channel,
  notification: Notification,
): Promise<string | undefined> {
  try {
    const response = await fetchByProxy(url, {
      method: "POST",
      headers: { "content-type": contentType },
      body: body(notification),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `returned ${response.status}`;
  } catch (error) {
    return networkReason(error, TIMEOUT_MS);
  }
}

const TITLES: Readonly<Record<UpdateEvent, string>> = {
  verified: "is verified on",
  failed: "failed on",
  refused: "is refused for",
  inconclusive: "has no result on",
};

function titleOf({ event, stack, release }: Notification): string {
  return `Release ${release} ${TITLES[event]} ${stack}`;
}
