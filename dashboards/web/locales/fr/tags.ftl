# Étiquettes, sources, genres, états.
emotion-anger = Colère
emotion-exasperation = Exaspération
emotion-annoyance = Agacement
emotion-frustration = Frustration
emotion-disappointment = Déception
cause-delivery = Livraison
cause-unreachable = Injoignable
cause-repetition = Répétition
cause-refund = Remboursement
cause-promotion = Démarchage et promotions
cause-recognition = Manque de considération
cause-billing = Facturation
cause-contract = Contrat
cause-product = Produit
cause-outage = Panne
cause-store = Magasin
cause-fraud = Fraude
flag-complaint = Plainte
flag-answer = Attend une réponse
kind-post = Message
kind-review = Avis
kind-comment = Réponse
kind-article = Article
source-rss = Presse et blogs
source-mastodon = Mastodon
source-import = Import
case-status-new = Nouveau
case-status-assigned = Pris en charge
case-status-answered = Répondu
case-status-closed = Clos
case-status-reopened = Rouvert
incident-status-open = À traiter
incident-status-acknowledged = Pris en charge
incident-status-resolved = Résolu
tag-score = { $tag } : { $score } selon le modèle
tag-score-uncertain = { $tag } : { $score } selon le modèle, donc incertain
tag-count = { $count ->
    [one] { $tag } : { $count } mention
   *[other] { $tag } : { $count } mentions
}
