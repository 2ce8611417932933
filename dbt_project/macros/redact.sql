{#-
    A text without e-mail addresses, account, card and phone numbers; the rest stays as it is written.

    The release gate renders `duckdb__redact` and `email_address` from this file, to ask them again of what is
    about to be published (orchestration/checks/masks.py). So both are plain Jinja, without functions of
    dbt, and masking what is masked already must change nothing.

    Patterns are those that RE2 and Java both know: classes of Unicode, no look-around. What must not stand
    before a number is found with it, and put back as the group before the mask.
-#}
{% macro redact(column) -%}
    {{ return(adapter.dispatch('redact')(column)) }}
{%- endmacro %}

{#- Spark: backslashes of literals are doubled, $1 is what a group found. -#}
{% macro default__redact(column) -%}
    {{ redacted(column, backslash='\\\\', group='$', finds='regexp_like', flags='') }}
{%- endmacro %}

{% macro duckdb__redact(column) -%}
    {{ redacted(column, backslash='\\', group='\\', finds='regexp_matches', flags=", 'g'") }}
{%- endmacro %}

{#- What each e-mail address has, and most texts have not; much quicker to look for than an address. -#}
{% macro email_sign() -%}
    (?i)[@＠]|[\pZ\p{Cf}\t(\[{<](?:at|ät|arroba|arobase|apenstaartje)[\pZ\p{Cf}\t)\]}>]
{%- endmacro %}

{#- An e-mail address in letters of any script, its @ and points written or told. -#}
{% macro email_address() -%}
    {%- set blank = '[\\pZ\\p{Cf}\\t]' -%}
    {%- set local = '[\\pL\\pM\\pN_.%+\'’&=~-]+' -%}
    {%- set label = '[\\pL\\pM\\pN_-]+' -%}
    {%- set at_word = '(?i:at|ät|arroba|arobase|apenstaartje)' -%}
    {%- set dot_word = '(?i:dot|punkt|point|punto|punt)' -%}
    {%- set opens, closes = blank ~ '*[(\\[{<]' ~ blank ~ '*', blank ~ '*[)\\]}>]' ~ blank ~ '*' -%}
    {%- set dot = '(?:[.．]|' ~ opens ~ dot_word ~ closes ~ ')' -%}
    {%- set told_at = opens ~ '(?:' ~ at_word ~ '|@)' ~ closes -%}
    {%- set at = '(?:[@＠]' ~ blank ~ '?|' ~ blank ~ '{1,2}[@＠]' ~ blank ~ '{1,2}|' ~ told_at ~ ')' -%}
    {%- set mailboxes = 'gmail|googlemail|gmx|web|yahoo|hotmail|outlook|live|icloud|aol|t-online|freenet|posteo|proton|orange|wanadoo|free|laposte|sfr|ziggo|kpnmail|telefonica|btinternet' -%}
    {{- [
        local ~ '[@＠]' ~ label ~ '(?:' ~ dot ~ label ~ ')+',
        local ~ '(?:' ~ dot ~ local ~ ')*' ~ at ~ label ~ '(?:' ~ dot ~ label ~ ')*' ~ dot ~ '\\pL' ~ label,
        local ~ blank ~ '+' ~ at_word ~ blank ~ '+' ~ label ~ blank ~ '+(?i:dot|punkt)' ~ blank ~ '+(?i:com|net|org|info|eu|de|fr|es|nl|ch|co)\\b',
        '\\pL[\\pL\\pM]*(?:[._]\\pL|[0-9])[\\pL\\pM\\pN._]*' ~ blank ~ '+' ~ at_word ~ blank ~ '+(?i:' ~ mailboxes ~ ')\\.[a-z]{2,3}\\b',
    ] | join('|') -}}
{%- endmacro %}

{% macro redacted(column, backslash, group, finds, flags) -%}
    {%- set digit, blank, dashes = '\\p{Nd}', '[\\pZ\\p{Cf}\\t]', '\\p{Pd}\\x{2212}' -%}
    {#- U+E000, which nobody writes, keeps apart what is no phone number until all are masked -#}
    {%- set apart = '\ue000' -%}

    {#- a number begins behind neither letter nor digit nor mask, nor behind a point or dash that comes after one -#}
    {%- set start = '(^|[^\\pL\\pN_./\\]' ~ dashes ~ apart ~ ']|(?:^|[^\\pN\\]' ~ apart ~ '])[./' ~ dashes ~ '])' -%}

    {#- a word begins neither in a mask nor right behind one: masking twice must find nothing more -#}
    {%- set word_start = '((?:^|[^\\pL\\pN\\[\\]])' -%}

    {#- accounts and cards: digits with blanks and dashes anywhere -#}
    {%- set grouped = '(?:[\\pZ\\p{Cf}\\t' ~ dashes ~ ']{0,3}' ~ digit ~ ')' -%}
    {%- set countries = 'A[DELTZ]|B[AEGHIRY]|C[HRYZ]|D[EJKO]|E[EGS]|F[IKOR]|G[BEILRT]|H[RUN]|I[ELQRST]|JO|K[WZ]|L[BCITUVY]|M[CDEKNRTU]|N[ILO]|OM|P[KLST]|QA|R[OSU]|S[ACDEIKMOTV]|T[LNR]|UA|V[AG]|XK|YE' -%}
    {%- set iban = '(?i:' ~ countries ~ ')' ~ blank ~ '?' ~ digit ~ '{2}(?:[\\pZ\\p{Cf}\\t' ~ dashes ~ ']{0,3}[A-Za-z\\p{Nd}]){4}'
        ~ '(?:[\\pZ\\p{Cf}\\t' ~ dashes ~ ']{0,3}[A-Za-z]{0,11}' ~ digit ~ '){7,}[A-Za-z]{0,3}' -%}
    {#- as many digits as the kind of card has that begins like this; the longest first -#}
    {%- set card = '(?:' ~ [
        '[4-6４-６]' ~ grouped ~ '{17}',
        '[4-6４-６]' ~ grouped ~ '{14}',
        '(?:2[2-7]|35)' ~ grouped ~ '{13}',
        '3[47]' ~ grouped ~ '{12}',
        '3[0689]' ~ grouped ~ '{11}',
    ] | join('|') ~ ')[\\pZ\\p{Cf}\\t' ~ dashes ~ ']{0,3}(?:[0-9]\\b|[０-９])' -%}

    {%- set card_word = '(?i:cards?|cc|kredit\\pL*|karten?(?:nummer|nr)?|cartes?|tarjetas?|kaart(?:nummer)?|creditcard)' -%}

    {#- dates and times -#}
    {%- set day, year = '(?:0?[1-9]|[12][0-9]|3[01])', '(?:19|20)[0-9]{2}' -%}
    {%- set date_sign = blank ~ '?[./' ~ dashes ~ ']' ~ blank ~ '?' -%}
    {%- set before = '(^|[^0-9./' ~ dashes ~ '])' -%}
    {%- set clock = '(?:[01]?[0-9]|2[0-3])[.h:][0-5][0-9]' -%}

    {#- phones: between digits nothing, or blanks and brackets with up to two points, slashes or dashes -#}
    {%- set around = '[\\pZ\\p{Cf}\\t()（）]*' -%}
    {%- set next = '(?:' ~ around ~ '[./．／•·' ~ dashes ~ ']{0,2}' ~ around ~ digit ~ ')' -%}
    {%- set sign = '(?:[./' ~ dashes ~ ']|' ~ blank ~ ')' -%}
    {%- set tight = '[\\pZ\\p{Cf}' ~ dashes ~ ']' -%}
    {%- set open, close = '[(（]?', '[)）]?' -%}
    {%- set zero = '[0０٠۰]' -%}
    {%- set dialled = open ~ '(?:' ~ [
        zero ~ zero ~ around ~ '[1-9１-９]' ~ next ~ '{9,}',
        zero ~ '(?:[)）]' ~ blank ~ '*)?[1-9１-９١-٩۱-۹]' ~ next ~ '{7,}',
    ] | join('|') ~ ')' -%}
    {#- in groups as they are usual somewhere without a 0: two of thousands would have three digits at the end -#}
    {%- set in_groups = '(?:' ~ [
        '(?:1' ~ sign ~ ')?' ~ open ~ '[2-9]D2' ~ close ~ sign ~ '?D3' ~ sign ~ 'D4',
        '[5-9]D2' ~ sign ~ 'D3' ~ sign ~ 'D3',
        '[5-9]D2(?:' ~ sign ~ 'D2){3}',
        '[49]D2' ~ sign ~ 'D2' ~ sign ~ 'D3',
        '[1-9][0-9]' ~ tight ~ 'D3(?:' ~ tight ~ 'D2){2}',
        '[1-9][0-9](?:[' ~ dashes ~ ']D2){3}',
        '3[2-9][0-9]' ~ sign ~ 'D6[0-9]?',
        '1[3-9][0-9]' ~ sign ~ 'D4' ~ sign ~ 'D4',
        '[6-9]D4' ~ sign ~ 'D5',
        '[(（]D2[0-9]{0,2}[)）]' ~ blank ~ '?[0-9]?D3[0-9]?' ~ sign ~ 'D3[0-9]?',
        '8' ~ sign ~ '?' ~ open ~ '9D2' ~ close ~ sign ~ '?D3' ~ sign ~ 'D2' ~ sign ~ 'D2',
    ] | join('|') ~ ')(?:\\b|[xX][0-9]+)' -%}
    {%- set in_groups = in_groups | replace('D2', '[0-9]{2}') | replace('D3', '[0-9]{3}') | replace('D4', '[0-9]{4}')
        | replace('D5', '[0-9]{5}') | replace('D6', '[0-9]{6}') -%}
    {#- words that a phone number follows, and small ones between -#}
    {%- set phone_word = '(?i:t[eé]l|telefoon\\pL*|t[eé]l[eé](?:ph|f)on\\pL*|phone|mobil[ea]?|mobiele?|m[oó]vil|handy\\pL*|cell|celular|gsm|fax|whatsapp|sms|rufnummer|call|ring|anrufen|rufen sie|appele[zr]|joindre|ll[aá]m[ae]n?(?:me)?|bel(?: me)?|my number|meine nummer|mon num[eé]ro|mi n[uú]mero|mijn nummer)' -%}
    {%- set small_words = '(?:(?i:me|us|at|on|is|under|unter|an|ist|lautet|moi|au|le|est|al|es|el|en|op|naar|no|nr|num[a-z]*|núm[a-z]*)[^\\pL\\pN\\n+＋(（' ~ apart ~ ']{1,3}){0,3}' -%}
    {#- words of what is numbered, too: its number is named, or a bare row of digits stands near -#}
    {%- set numbered = 'order|parcel|package|shipment|tracking|invoice|item|article|serial|bestell\\pL*|auftrags?|sendungs?\\pL*|paket\\pL*|rechnungs?\\pL*|artikel\\pL*|serien\\pL*|commande|colis|suivi|facture|article|pedido|env[ií]o|paquete|seguimiento|factura|art[ií]culo|bestelling|ordernummer|pakket\\pL*|zending|factuur\\pL*' -%}
    {%- set named_number = '(?i:\\b(?:' ~ numbered ~ ')' ~ blank ~ '?[-#]?' ~ blank ~ '?(?:number|no|nr|id|code|nummer|numero|numéro)\\b|\\b(?:bestell|auftrags|sendungs|rechnungs|artikel|serien|order|bestel|zendings?|pakket|factuur)[-]?(?:nummer|nr)|(?:num[eé]ro|n°|nº|n[uú]mero|n[uú]m\\.)' ~ blank ~ '?(?:de|du|d.|del|dela)?' ~ blank ~ '?(?:' ~ numbered ~ ')|#)' -%}

    {%- set rules = [
        (apart, ''),
        (email_address(), '[email]'),
        (word_start ~ ')' ~ iban, '~1[iban]'),
        (start ~ card, '~1[card]'),
        (word_start ~ card_word ~ '[^\\pL\\pN]{1,4}(?:(?i:number|no|nr|nummer|num[eé]ro|n[uú]mero|is|ist|est|es)[^\\pL\\pN]{1,3}){0,3})' ~ digit ~ grouped ~ '{11,18}', '~1[card]'),
        (before ~ '(' ~ day ~ ')(' ~ date_sign ~ day ~ ')(' ~ date_sign ~ year ~ ')\\b', '~1~2' ~ apart ~ '~3' ~ apart ~ '~4' ~ apart),
        (before ~ '(' ~ year ~ ')(' ~ date_sign ~ day ~ ')(' ~ date_sign ~ day ~ ')\\b', '~1~2' ~ apart ~ '~3' ~ apart ~ '~4' ~ apart),
        (before ~ '(' ~ day ~ ')([./]' ~ day ~ ')([./][0-9]{2})($|[^0-9./]|[./](?:$|[^0-9]))', '~1~2' ~ apart ~ '~3' ~ apart ~ '~4' ~ apart ~ '~5'),
        (before ~ '(' ~ clock ~ ')(' ~ blank ~ '?[' ~ dashes ~ ']' ~ blank ~ '?' ~ clock ~ ')\\b', '~1~2' ~ apart ~ '~3' ~ apart),
        (word_start ~ phone_word ~ '[^\\pL\\pN+＋(（' ~ apart ~ ']{0,4}' ~ small_words ~ ')' ~ open ~ '[+＋]?' ~ open ~ digit ~ next ~ '{5,}', '~1[phone]'),
        ('\\b(0)([1-9][0-9]{11,}|0[0-9]{15,})\\b', '~1' ~ apart ~ '~2'),
        ('(' ~ named_number ~ '[ :.#-]{0,3})([A-Za-z0-9])', '~1' ~ apart ~ '~2'),
        ('(\\b(?i:' ~ numbered ~ '|dhl|ups|fedex|gls|dpd|hermes|postnl|ean|isbn|sku)\\b[^0-9\\n.;!?]{0,20})([1-9][0-9]{8,})\\b', '~1' ~ apart ~ '~2'),
        (open ~ '[+＋]' ~ next ~ '{7,}', '[phone]'),
        (start ~ dialled, '~1[phone]'),
        (start ~ in_groups, '~1[phone]'),
        (start ~ '[1-9][0-9]{8,11}\\b', '~1[phone]'),
        (apart, ''),
    ] -%}
    {#- most texts have neither sign: they are spared the rest -#}
    {%- set ns = namespace(email=column, all=column) -%}
    {%- for pattern, mask in rules -%}
        {%- set ns.all = "regexp_replace(" ~ ns.all ~ ", '" ~ pattern | replace('\\', backslash) | replace("'", "''")
            ~ "', '" ~ mask | replace('~', group) ~ "'" ~ flags ~ ")" -%}
        {%- if mask == '[email]' %}{% set ns.email = ns.all %}{% endif -%}
    {%- endfor -%}
    case
        when {{ finds }}({{ column }}, '{{ ('(?:' ~ digit ~ '[^\\pL\\p{Nd}]*){6}') | replace('\\', backslash) }}') then {{ ns.all }}
        when {{ finds }}({{ column }}, '{{ email_sign() | replace('\\', backslash) }}') then {{ ns.email }}
        else {{ column }}
    end
{%- endmacro %}
