import type { YamlEdit } from "../../edit/yaml-edit.ts";
import type { Note } from "../step.ts";

/** What the step would do to one object. */
export interface Outcome {
  readonly notes: readonly Note[];
  /** Plans the change of the object's file; false where the text does not let it. Undefined where there is nothing to do. */
  readonly edit?: (edit: YamlEdit, document: number) => boolean;
}
