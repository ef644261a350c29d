import type { Obstacle } from "../gitops/edit/obstacles.ts";
import type { YamlEdit } from "../gitops/edit/yaml-edit.ts";

/** A text that stays as it is, and why. */
export interface NotEdited {
  readonly obstacle: Obstacle | undefined;
}

/** Why a file stays as it is: where in it, which form is in the way, and what a person can do. */
export function notEditable(
  { obstacle }: NotEdited,
  file: string,
  otherwise = `${file} is written in a form that this step does not edit`,
): string {
  return obstacle === undefined ? otherwise : `${file}:${obstacle.line}: ${obstacle.reason}`;
}

/** A new text, or why there is none. */
export type EditedText = { readonly text: string } | NotEdited;

/** The text of an edit whose last method returned `done`. */
export function edited(edit: YamlEdit, done: boolean): EditedText {
  return done ? { text: edit.text() } : { obstacle: edit.obstacle };
}
