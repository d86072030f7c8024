# La recherche et son langage.
search-label = Que cherchez-vous ?
search-placeholder = colis perdu émotion:colère
search-go = Chercher
search-within = Parmi les mentions de { $brand }
search-total = { $count ->
    [0] Aucune mention
    [one] { $count } mention
   *[other] { $count } mentions
}
search-results = Mentions trouvées, les plus récentes d’abord
search-facets = Affiner
search-facet-add = Ajouter à la recherche
search-facet-remove = Retirer de la recherche
search-older = Plus anciennes
search-newest = Revenir aux plus récentes
search-empty = Aucune mention ne correspond.
search-empty-next = Retirez une condition, essayez un début de mot (rembours*), ou vérifiez la marque choisie en haut.
search-problem-column = Colonne { $column }
search-help-title = Aide à la recherche
search-help-lead = Majuscules et accents ne comptent pas, sauf pour ET, OU, SAUF et NEAR. Cliquez sur un exemple pour l’essayer.
search-help-example = Exemple
search-help-meaning = Trouve
search-help-all-example = colis perdu
search-help-all-meaning = les deux mots, où qu’ils soient
search-help-any-example = colis (perdu OU volé OU cassé)
search-help-any-meaning = l’un des mots entre parenthèses
search-help-not-example = colis -concours
search-help-not-meaning = le premier mot sans le second (SAUF fait de même)
search-help-phrase-example = "service client"
search-help-phrase-meaning = ces mots l’un derrière l’autre
search-help-near-example = colis NEAR/5 perdu
search-help-near-meaning = deux mots à cinq mots d’écart au plus
search-help-prefix-example = rembours*
search-help-prefix-meaning = tout ce qui commence ainsi
search-help-hashtag-example = #colisio
search-help-hashtag-meaning = un mot-dièse ; @compte fait de même pour un compte
search-help-emotion-example = émotion:colère,exaspération
search-help-emotion-meaning = une de ces émotions
search-help-cause-example = motif:livraison
search-help-cause-meaning = un motif
search-help-source-example = source:mastodon type:message langue:fr
search-help-source-meaning = d’où vient le texte, son genre, sa langue
search-help-rating-example = type:avis note:<=2
search-help-rating-meaning = les avis à deux étoiles ou moins
search-help-flags-example = plainte:oui réponse:oui
search-help-flags-meaning = les plaintes qui attendent une réponse
search-help-dates-example = depuis:2026-01-01 jusqu'au:2026-01-31
search-help-dates-meaning = publié entre ces deux jours inclus

facet-emotion = Émotion
facet-cause = Motif
facet-source = Source
facet-kind = Genre
facet-lang = Langue
facet-brand = Marque

query-empty = Il n’y a aucun mot à chercher.
query-too-long = La recherche dépasse { $limit } signes. Raccourcissez-la.
query-too-deep = Les parenthèses s’emboîtent sur plus de { $limit } niveaux. Simplifiez-les.
query-too-many-words = La recherche compte plus de { $limit } mots. Raccourcissez-la.
query-unclosed-quote = Ce guillemet n’est jamais refermé.
query-unclosed-parenthesis = Cette parenthèse n’est jamais refermée.
query-unexpected-parenthesis = Cette parenthèse ne ferme rien.
query-empty-parentheses = Il n’y a rien entre ces parenthèses.
query-empty-phrase = Il n’y a aucun mot entre ces guillemets.
query-missing-operand = Il manque quelque chose d’un côté de { $operator }. Pour chercher le mot lui-même, mettez-le entre guillemets.
query-near-operand = NEAR prend de chaque côté un mot, un début de mot, une expression entre guillemets ou un choix de ceux-ci.
query-near-distance = NEAR prend un nombre de mots de 1 à { $limit }, comme NEAR/5.
query-misplaced-star = L’étoile se met à la fin d’un mot, après deux lettres au moins.
query-unknown-field = Le champ « { $name } » n’existe pas. Pour chercher ce texte, mettez-le entre guillemets.
query-unknown-field-suggestion = Le champ « { $name } » n’existe pas. Vouliez-vous dire « { $suggestion } » ?
query-missing-value = Il manque une valeur juste après « { $field }: ».
query-unknown-value = « { $value } » ne va pas avec « { $field }: », qui prend { $expected }.
query-unknown-value-suggestion = « { $value } » ne va pas avec « { $field }: ». Vouliez-vous dire « { $suggestion } » ? Ce champ prend { $expected }.
query-only-negative = La recherche d’une marque doit demander quelque chose : celle-ci vaut aussi pour tout texte sans ces mots.
query-field-not-in-brand-query = « { $field } » n’est pas encore connu quand un texte est collecté ; la recherche d’une marque ne peut pas s’en servir.
query-expects-brand = le nom court d’une marque
query-expects-source = le nom d’une source, comme rss ou mastodon
query-expects-emotion = colère, exaspération, agacement, frustration ou déception
query-expects-cause = livraison, injoignable, répétition, remboursement, promotion, reconnaissance, facturation, contrat, produit, panne, magasin ou fraude
query-expects-lang = un code de langue, comme fr ou en
query-expects-author = le nom d’un compte
query-expects-rating = un nombre d’étoiles, comme 4, <=2, >3 ou 1..3
query-expects-kind = message, avis, commentaire ou article
query-expects-complaint = oui ou non
query-expects-answer = oui ou non
query-expects-from = un jour, comme 2026-01-31
query-expects-to = un jour, comme 2026-01-31

language-name-fr = Français
language-name-en = Anglais
language-name-es = Espagnol
language-name-de = Allemand
language-name-it = Italien
language-name-pt = Portugais
language-name-nl = Néerlandais
language-name-ar = Arabe
language-name-ca = Catalan
language-name-und = Indéterminée
