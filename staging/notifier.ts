import * as pulumi from "@pulumi/pulumi";
import type { UpdateEvent } from "../config/notify.ts";
import { pushoverChannel, sendNotification, webhookChannel, type Channel, type Notified } from "./notify.ts";
import { startedBy } from "./started-by.ts";

/** Which events are sent, and to which channels. */
export interface NotifySettings {
  readonly webhook: boolean;
  readonly pushover: boolean;
  readonly on: readonly UpdateEvent[];
}

/** The secrets of the channels. */
export type NotifySecrets = Readonly<
  Partial<Record<"notifyWebhook" | "pushoverToken" | "pushoverUserKey", pulumi.Output<string>>>
>;

/** Sends the events of an update. An update never fails because of a notification. */
export class Notifier {
  readonly #settings: NotifySettings;
  readonly #secrets: NotifySecrets;
  readonly #release: string;

  constructor(settings: NotifySettings, secrets: NotifySecrets, release: string) {
    this.#settings = settings;
    this.#secrets = secrets;
    this.#release = release;
  }

  /** @returns the outcome for each channel, to record in the evidence; empty if this event is not sent */
  async send(event: UpdateEvent, message: string): Promise<readonly Notified[]> {
    if (!this.#settings.on.includes(event)) return [];
    const results = await sendNotification(await this.#channels(), {
      event,
      project: pulumi.getProject(),
      stack: pulumi.getStack(),
      release: this.#release,
      time: new Date().toISOString(),
      startedBy: startedBy(),
      message,
    });
    for (const { channel, outcome, message: reason = "" } of results)
      if (outcome === "failed")
        void pulumi.log.warn(`Sending a notification failed (${channel}): ${reason}.`);
    return results;
  }

  async #channels(): Promise<Channel[]> {
    const { notifyWebhook, pushoverToken, pushoverUserKey } = this.#secrets;
    const channels: Channel[] = [];
    if (this.#settings.webhook && notifyWebhook !== undefined)
      channels.push(webhookChannel(await plain(notifyWebhook)));
    if (this.#settings.pushover && pushoverToken !== undefined && pushoverUserKey !== undefined)
      channels.push(pushoverChannel(await plain(pushoverToken), await plain(pushoverUserKey)));
    return channels;
  }
}

function plain(secret: pulumi.Output<string>): Promise<string> {
  return new Promise((resolve) => {
    secret.apply(resolve);
  });
}
