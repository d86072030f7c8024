# La page des alertes : incidents et fil en direct.
incidents-title = Incidents ouverts
incidents-none = Rien d’inhabituel en ce moment.
incidents-none-next = Dès qu’une émotion ou un motif s’emballe, l’incident apparaît ici avec son explication.
incident-story = { $brand } : une même histoire se répand
incident-cause = { $brand } : des plaintes affluent au sujet d’un même motif — { $cause }
incident-volume = { $brand } : on en parle bien plus que d’habitude
incident-rise = { $observed ->
    [one] { $observed } mention en { $window }, contre { $expected } d’habitude à cette heure.
   *[other] { $observed } mentions en { $window }, contre { $expected } d’habitude à cette heure.
}
incident-rise-emotion = { $observed ->
    [one] { $emotion } : { $observed } mention en { $window }, contre { $expected } d’habitude à cette heure.
   *[other] { $emotion } : { $observed } mentions en { $window }, contre { $expected } d’habitude à cette heure.
}
incident-rise-rare = { $observed ->
    [one] { $observed } mention en { $window }, alors qu’il n’y en a presque jamais à cette heure.
   *[other] { $observed } mentions en { $window }, alors qu’il n’y en a presque jamais à cette heure.
}
incident-rise-emotion-rare = { $observed ->
    [one] { $emotion } : { $observed } mention en { $window }, alors qu’il n’y en a presque jamais à cette heure.
   *[other] { $emotion } : { $observed } mentions en { $window }, alors qu’il n’y en a presque jamais à cette heure.
}
incident-source = { $source } { $count }
incident-since = Détecté
incident-growth = Par rapport à d’habitude
incident-mentions = Mentions
incident-reach = Audience possible
incident-first = Le premier message
incident-top = { $count ->
    [one] Le message le plus vu
   *[other] Les { $count } messages les plus vus
}
incident-acknowledge = Je m’en occupe
incident-resolve = C’est réglé
incident-acknowledged-by = { $user } s’en occupe ({ $when })
incident-resolved-by = Réglé par { $user } ({ $when })
feed-title = En ce moment
feed-live = Mentions, les plus récentes d’abord
feed-filter = Filtrer le fil par émotion
feed-all = Tout
feed-empty = Aucune mention pour l’instant.
feed-empty-next = Les nouvelles mentions s’affichent ici toutes seules. Si rien ne vient, vérifiez vos sources avec « vigie check », ou importez un fichier avec « vigie import ».
feed-empty-filtered = Aucune mention ne porte cette émotion. Choisissez-en une autre, ou « Tout ».
feed-paused-one = 1 nouvelle mention
feed-paused-many = # nouvelles mentions
mention-open = Voir l’original
mention-official = Compte officiel
mention-repost = Reprise
mention-repost-help = Ce texte reprend presque mot pour mot un message déjà publié.
mention-reposts = { $count ->
    [one] { $count } partage
   *[other] { $count } partages
}
mention-reach = { $count ->
    [one] Audience possible : { $count } personne
   *[other] Audience possible : { $count } personnes
}
mention-rating = { $stars } sur 5
mention-wants-answer = Attend une réponse
incident-already-resolved = Cet incident vient d’être réglé. Rechargez la page pour voir par qui.
mention-unsupported = Langue non prise en charge
mention-unsupported-help = Le modèle ne lit pas cette langue : l’absence d’étiquette ne dit rien du texte.
mention-why = Pourquoi ces étiquettes ?
why-title = Pourquoi ces étiquettes
why-none = Le modèle n’a trouvé aucune étiquette à expliquer dans ce texte.
why-whole = Aucun mot ne l’emporte : c’est l’ensemble du texte qui compte.
why-uncertain = incertain
why-help = En surbrillance, les mots sans lesquels le score baisserait le plus. Le pourcentage estime la part des textes de ce score qui portent vraiment l’étiquette. D’un long texte, seul le début est examiné.
why-mention = La mention
why-taken-over = Le modèle ne trouve pas cette étiquette dans ce texte aujourd’hui : elle vient du premier texte de l’histoire, ou d’une version antérieure du modèle.
