/** What Kustomize and kubectl reject although it is YAML: they split a text at its separators before they parse it. */
interface RefusedSeparator {
  readonly message: string;
  readonly offset: number;
}

/** Each line matches in one way only: a newline that two parts of the pattern could match would take exponential time. */
const DIRECTIVE = /^(?:[^\S\n]*(?:#[^\n]*)?\n)*%/;

/** The first separator that Kustomize rejects, or a directive, which it separates from its document. Source: splitDocuments in kyaml/kio/byteio_reader.go. */
export function refusedSeparator(text: string): RefusedSeparator | undefined {
  const separators = text.matchAll(/\n---([^\n]*)\n/g);
  let isFirst = true;
  for (const { index, 1: rest = "" } of separators) {
    if (isFirst && DIRECTIVE.test(text.slice(0, index + 1)))
      return { message: "Kustomize rejects a directive before ---: delete its line", offset: 0 };
    isFirst = false;
    if (!/^\s*(?:#|$)/.test(rest))
      return {
        message: "Kustomize rejects text after ---: start the document on the next line",
        offset: index + 1,
      };
  }
  return undefined;
}
