#compdef ocon
# Completion of ocon for zsh. ocon itself prints the candidates, one per line with a tab and a description.
_ocon() {
    local -a lines values folders
    local line value
    lines=("${(@f)$(command ocon __complete zsh $((CURRENT - 1)) -- "${(@Q)words[1,CURRENT]}" 2>/dev/null)}")
    for line in $lines; do
        line=${line//\\/\\\\}
        value=${${line%%$'\t'*}//:/\\:}
        if [[ $value == */ ]]; then
            folders+=("$value")
        elif [[ $line == *$'\t'* ]]; then
            values+=("$value:${line#*$'\t'}")
        else
            values+=("$value")
        fi
    done
    (( $#values )) && _describe -V candidate values
    (( $#folders )) && _describe -V folder folders -S ''
    (( $#values + $#folders ))
}
if [[ ${funcstack[1]} == _ocon ]]; then
    _ocon "$@"
else
    compdef _ocon ocon
fi
