# Search and its language.
search-label = What are you looking for?
search-placeholder = lost parcel emotion:anger
search-go = Search
search-within = Among the mentions of { $brand }
search-total = { $count ->
    [0] No mention
    [one] { $count } mention
   *[other] { $count } mentions
}
search-results = Mentions found, newest first
search-facets = Narrow down
search-facet-add = Add to the search
search-facet-remove = Take out of the search
search-older = Older
search-newest = Back to the newest
search-empty = No mention matches.
search-empty-next = Take a condition away, try the beginning of a word (refund*), or check the brand chosen at the top.
search-problem-column = Column { $column }
search-help-title = Help with searching
search-help-lead = Capitals and accents do not count, except in AND, OR, NOT and NEAR. Click an example to try it.
search-help-example = Example
search-help-meaning = Finds
search-help-all-example = parcel lost
search-help-all-meaning = both words, wherever they are
search-help-any-example = parcel (lost OR stolen OR broken)
search-help-any-meaning = one of the words in parentheses
search-help-not-example = parcel -contest
search-help-not-meaning = the first word without the second (NOT does the same)
search-help-phrase-example = "customer service"
search-help-phrase-meaning = these words one behind the other
search-help-near-example = parcel NEAR/5 lost
search-help-near-meaning = two words at most five words apart
search-help-prefix-example = refund*
search-help-prefix-meaning = whatever begins so
search-help-hashtag-example = #colisio
search-help-hashtag-meaning = a hashtag; @account does the same for an account
search-help-emotion-example = emotion:anger,exasperation
search-help-emotion-meaning = one of these emotions
search-help-cause-example = cause:delivery
search-help-cause-meaning = a cause
search-help-source-example = source:mastodon kind:post lang:en
search-help-source-meaning = where the text is from, its kind, its language
search-help-rating-example = kind:review rating:<=2
search-help-rating-meaning = reviews with two stars or fewer
search-help-flags-example = complaint:yes answer:yes
search-help-flags-meaning = complaints that want an answer
search-help-dates-example = from:2026-01-01 to:2026-01-31
search-help-dates-meaning = published between these two days, both included

facet-emotion = Emotion
facet-cause = Cause
facet-source = Source
facet-kind = Kind
facet-lang = Language
facet-brand = Brand

query-empty = There is no word to look for.
query-too-long = The search is longer than { $limit } characters. Shorten it.
query-too-deep = Parentheses are nested deeper than { $limit } levels. Simplify them.
query-too-many-words = The search has more than { $limit } words. Shorten it.
query-unclosed-quote = This quotation mark is never closed.
query-unclosed-parenthesis = This parenthesis is never closed.
query-unexpected-parenthesis = This parenthesis closes nothing.
query-empty-parentheses = There is nothing between these parentheses.
query-empty-phrase = There is no word between these quotation marks.
query-missing-operand = Something is missing on one side of { $operator }. To look for the word itself, put it in quotation marks.
query-near-operand = NEAR takes a word, the beginning of one, a quoted phrase, or a choice of these on each side.
query-near-distance = NEAR takes a number of words from 1 to { $limit }, such as NEAR/5.
query-misplaced-star = The star stands at the end of a word, behind at least two letters.
query-unknown-field = There is no field “{ $name }”. To look for this text, put it in quotation marks.
query-unknown-field-suggestion = There is no field “{ $name }”. Did you mean “{ $suggestion }”?
query-missing-value = A value is missing right behind “{ $field }:”.
query-unknown-value = “{ $value }” does not go with “{ $field }:”, which takes { $expected }.
query-unknown-value-suggestion = “{ $value }” does not go with “{ $field }:”. Did you mean “{ $suggestion }”? This field takes { $expected }.
query-only-negative = A brand’s search must ask for something: this one also holds for every text without these words.
query-field-not-in-brand-query = “{ $field }” is not known yet when a text is collected; a brand’s search cannot use it.
query-expects-brand = a brand’s short name
query-expects-source = a source’s name, such as rss or mastodon
query-expects-emotion = anger, exasperation, annoyance, frustration or disappointment
query-expects-cause = delivery, unreachable, repetition, refund, promotion, recognition, billing, contract, product, outage, store or fraud
query-expects-lang = a language code, such as fr or en
query-expects-author = the name of an account
query-expects-rating = a number of stars, such as 4, <=2, >3 or 1..3
query-expects-kind = post, review, comment or article
query-expects-complaint = yes or no
query-expects-answer = yes or no
query-expects-from = a day, such as 2026-01-31
query-expects-to = a day, such as 2026-01-31

language-name-fr = French
language-name-en = English
language-name-es = Spanish
language-name-de = German
language-name-it = Italian
language-name-pt = Portuguese
language-name-nl = Dutch
language-name-ar = Arabic
language-name-ca = Catalan
language-name-und = Undetermined
