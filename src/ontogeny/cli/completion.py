"""`ontogeny --completion SHELL`: what a shell needs to complete verbs, recipes and names of runs.

    source <(ontogeny --completion bash)          # in ~/.bashrc; zsh likewise, in ~/.zshrc
    ontogeny --completion fish | source           # in ~/.config/fish/config.fish

Names of runs are looked up as one completes, in the folder where they are kept; nothing is started
for that.
"""

from __future__ import annotations

from collections.abc import Iterable

from ontogeny.core.errors import unknown
from ontogeny.recipes import RECIPES

RUN = "RUN"  # what a verb's words begin with that takes a run

BASH = """\
_ontogeny() {
    local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words
    case $COMP_CWORD:$verb in
        1:*) words="%(verbs)s" ;;
        2:grow) words="%(recipes)s" ;;
        %(runs)s)
            local IFS=$'\\n' run
            for run in "${ONTOGENY_RUNS:-runs}"/"$word"*/run.sqlite; do
                [ -e "$run" ] || continue
                run=${run%%/run.sqlite}
                COMPREPLY+=("$(printf %%q "${run##*/}")")
            done
            return ;;
        *) return ;;
    esac
    COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _ontogeny ontogeny
"""
ZSH = """\
_ontogeny() {
    case $CURRENT:$words[2] in
        2:*) compadd -- %(verbs)s ;;
        3:grow) compadd -- %(recipes)s ;;
        %(runs)s) compadd -- "${ONTOGENY_RUNS:-runs}"/*/run.sqlite(N:h:t) ;;
        *) _files ;;
    esac
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
compdef _ontogeny ontogeny
"""
FISH = """\
function __ontogeny_runs
    set -q ONTOGENY_RUNS; and set -l runs $ONTOGENY_RUNS; or set -l runs runs
    for run in $runs/*/run.sqlite
        basename (dirname $run)
    end
end
complete -c ontogeny -n __fish_use_subcommand -f -a "%(verbs)s"
complete -c ontogeny -n "__fish_seen_subcommand_from grow" -f -a "%(recipes)s"
complete -c ontogeny -n "__fish_seen_subcommand_from %(spaced)s" -f -a "(__ontogeny_runs)"
"""
SHELLS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def completion(shell: str, verbs: Iterable[tuple[str, str]]) -> str:
    """Return the lines that a shell is to read, given the verbs and what follows each. Raises
    `ConfigError` for a shell that is not known.
    """
    if shell not in SHELLS:
        raise unknown("shell", shell, SHELLS, "--completion")
    told = dict(verbs)
    runs = [verb for verb, words in told.items() if words.startswith(RUN)]
    return SHELLS[shell] % {
        "verbs": " ".join(told),
        "recipes": " ".join(RECIPES),
        "runs": "|".join(f"*:{verb}" for verb in runs),
        "spaced": " ".join(runs),
    }
