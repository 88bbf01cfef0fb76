# Completion of ocon for Elvish. ocon itself prints the candidates, one per line with a tab and a description.
use str
set edit:completion:arg-completer[ocon] = {|@words|
    var index = (- (count $words) 1)
    (external ocon) __complete elvish $index -- $@words 2>/dev/null | from-lines | each {|line|
        var fields = [(str:split "\t" $line)]
        if (> (count $fields) 1) {
            edit:complex-candidate $fields[0] &display=$fields[0]'  '$fields[1]
        } else {
            put $fields[0]
        }
    }
}
