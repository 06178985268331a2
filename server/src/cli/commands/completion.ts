import { Argument, type Command } from "commander";
import { openTerminal } from "../terminal/terminal.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/** `waybill completion`: what a shell completes commands and flags by, made of the commands as they are. */
export function addCompletion(program: Command): void {
  program
    .command("completion")
    .description("print a script that completes commands and flags in your shell")
    .addArgument(new Argument("<shell>", "which one").choices(SHELLS))
    .addHelpText(
      "after",
      '\nbash: eval "$(waybill completion bash)" in ~/.bashrc\nzsh:  eval "$(waybill completion zsh)" in ~/.zshrc\n' +
        "fish: waybill completion fish > ~/.config/fish/completions/waybill.fish",
    )
    .action((shell: Shell) => {
      openTerminal().out.write(shell === "fish" ? forFish(program) : forBash(program, shell));
    });
}

type Completed = { path: string; words: string[] };

/** Each command by its words, such as `keys create`, with what may follow it: its commands and its flags. */
function completed(command: Command, path: readonly string[] = []): Completed[] {
  const flags = command.options.flatMap(({ long }) => long ?? []);
  const words = [...command.commands.map((inner) => inner.name()), ...flags, "--help"];
  const inner = command.commands.flatMap((each) => completed(each, [...path, each.name()]));
  return [{ path: path.join(" "), words }, ...inner];
}

function forBash(program: Command, shell: Shell): string {
  const cases = completed(program).map(({ path, words }) => `    "${path}") words="${words.join(" ")}" ;;`);
  return `${shell === "zsh" ? "autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n" : ""}_waybill() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) command="\${command:+$command }$word" ;; esac
  done
  while :; do
    case "$command" in
${cases.join("\n")}
    esac
    # What follows a command may be a value: the command is what stands before it.
    [ -n "$words" ] || [ -z "$command" ] && break
    case "$command" in *" "*) command="\${command% *}" ;; *) command="" ;; esac
  done
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _waybill waybill
`;
}

function forFish(program: Command): string {
  const lines = program.commands.flatMap((command) => {
    const top = line({ when: "__fish_use_subcommand", word: command.name(), about: command.description() });
    const within = `__fish_seen_subcommand_from ${command.name()}`;
    const inner = command.commands.map((each) => line({ when: within, word: each.name(), about: each.description() }));
    const all = [command, ...command.commands].flatMap(({ options }) => options);
    const flags = new Map(all.flatMap(({ long, description }) => (long ? [[long.slice(2), description]] : [])));
    return [top, ...inner, ...[...flags].map(([flag, about]) => line({ when: within, flag, about }))];
  });
  return `${lines.join("\n")}\n`;
}

function line(given: { when: string; word?: string; flag?: string; about?: string | undefined }): string {
  const { when, word, flag, about = "" } = given;
  const what = word === undefined ? `-l ${flag}` : `-f -a ${word}`;
  return `complete -c waybill -n "${when}" ${what} -d '${about.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
