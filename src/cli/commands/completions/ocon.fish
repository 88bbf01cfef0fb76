# Completion of ocon for fish. ocon itself prints the candidates, one per line with a tab and a description.
function __ocon_complete
    set -l words (commandline --tokenize --current-process --cut-at-cursor)
    set -l typed (commandline --current-token --cut-at-cursor)
    set -l current (string unescape -- $typed); or set current $typed
    command ocon __complete fish (count $words) -- $words "$current" 2>/dev/null
end
complete --command ocon --no-files --keep-order --arguments '(__ocon_complete)'
