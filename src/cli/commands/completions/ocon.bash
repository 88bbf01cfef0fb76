# Completion of ocon for bash. ocon itself prints the candidates, one per line with a tab and a description.
_ocon() {
    local words=("${COMP_WORDS[@]:0:COMP_CWORD}" "$2") value quoted rest
    [[ ${COMP_WORDS[COMP_CWORD]} == = ]] && words[COMP_CWORD]='='
    # The words as ocon would get them, for names with blanks.
    words=("${words[@]//[\\\"\']/}")
    COMPREPLY=()
    while IFS=$'\t' read -r value rest; do
        # A file may have any name. bash inserts it as it is, also into a word with a quotation mark.
        quoted=$(printf '%q' "$value")
        [[ ${COMP_WORDS[COMP_CWORD]} == [\"\']* && $quoted != "$value" ]] && continue
        COMPREPLY+=("$quoted")
    done < <(command ocon __complete bash "$COMP_CWORD" -- "${words[@]}" 2>/dev/null)
    [[ ${COMPREPLY[0]-} == */ ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -o nosort -F _ocon ocon 2>/dev/null || complete -F _ocon ocon
