import type { Candidate, CompletedCommand, CompletedOption } from "./model.ts";

/** The completion script for each shell. */
export const SHELLS: Readonly<Record<string, (commands: readonly CompletedCommand[]) => string>> = {
  bash,
  zsh,
  fish,
};

// Each script finds the longest command that matches the words before the cursor, and completes what may follow it: the choices of the
// option before the cursor, options after a dash, subcommands or the choices of the argument; otherwise files.

function bash(commands: readonly CompletedCommand[]): string {
  return `# edgefirst completion for bash. In ~/.bashrc: source <(edgefirst completion bash)
_edgefirst() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD - 1]}" path="" words="" options="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
    case "\${path:+$path }$word" in
      ${alternatives(commands)}) path="\${path:+$path }$word" ;;
    esac
  done
  case "$path $prev" in
${valueCases(commands, (choices) => `COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$cur")); return`)}
  esac
  case "$path" in
${commands
  .map(
    ({ path, words, options }) =>
      `    "${path}") words="${words.map(({ word }) => word).join(" ")}" options="${options.flatMap(({ flags }) => flags).join(" ")}" ;;`,
  )
  .join("\n")}
  esac
  if [[ "$cur" == -* ]]; then words="$options"; fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _edgefirst edgefirst
`;
}

function zsh(commands: readonly CompletedCommand[]): string {
  return `#compdef edgefirst
# edgefirst completion for zsh. In ~/.zshrc, after compinit: source <(edgefirst completion zsh)
_edgefirst() {
  local at="" word files=0
  local -a list options
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "\${at:+$at }$word" in
      ${alternatives(commands)}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at $words[CURRENT-1]" in
${valueCases(commands, (choices) => (choices.length === 0 ? "_files; return" : `compadd -- ${choices.join(" ")}; return`))}
  esac
  case "$at" in
${commands.map(({ path, words, files, options }) => `    "${path}") files=${Number(files)} list=(${described(words)}) options=(${described(flagsOf(options))}) ;;`).join("\n")}
  esac
  if [[ "$words[CURRENT]" == -* ]]; then _describe -o option options
  else
    (( $#list )) && _describe word list
    (( files )) && _files
  fi
}
compdef _edgefirst edgefirst
`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap(({ path, words, files, options }) => [
    ...(files ? [] : [completeAt(path, "-f", "")]),
    ...words.map(({ word, description }) => completeAt(path, `-a ${word}`, description)),
    ...options.map(({ flags, description, takesValue, choices }) => {
      const names = flags.map((flag) => flag.replace(/^--/, "-l ").replace(/^-(?=\w$)/, "-s "));
      const values = choices.length > 0 ? ["-x", "-a", quoted(choices.join(" "))] : takesValue ? ["-r"] : [];
      return completeAt(path, [...names, ...values].join(" "), description);
    }),
  ]);
  return `# edgefirst completion for fish: edgefirst completion fish > ~/.config/fish/completions/edgefirst.fish
function __edgefirst_at
    set -l at ""
    for word in (commandline -opc)[2..]
        switch (string trim "$at $word")
            case ${commands.flatMap(({ path }) => (path === "" ? [] : quoted(path))).join(" ")}
                set at (string trim "$at $word")
        end
    end
    test "$at" = "$argv[1]"
end
${lines.join("\n")}
`;
}

function completeAt(path: string, what: string, description: string): string {
  const text = description === "" ? "" : ` -d ${quoted(description)}`;
  return `complete -c edgefirst -n "__edgefirst_at '${path}'" ${what}${text}`;
}

function alternatives(commands: readonly CompletedCommand[]): string {
  return commands.flatMap(({ path }) => (path === "" ? [] : `"${path}"`)).join(" | ");
}

/** One case for each option that takes a value. */
function valueCases(
  commands: readonly CompletedCommand[],
  then: (choices: readonly string[]) => string,
): string {
  const cases = commands.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map(({ flags, choices }) => {
        const patterns = flags.map((flag) => `"${path} ${flag}"`).join(" | ");
        return `    ${patterns}) ${then(choices)} ;;`;
      }),
  );
  return cases.join("\n");
}

function flagsOf(options: readonly CompletedOption[]): readonly Candidate[] {
  return options.flatMap(({ flags, description }) => flags.map((word) => ({ word, description })));
}

function described(candidates: readonly Candidate[]): string {
  return candidates.map(({ word, description }) => quoted(`${word}:${description}`)).join(" ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
