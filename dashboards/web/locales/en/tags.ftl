# Tags, sources, kinds, states.
emotion-anger = Anger
emotion-exasperation = Exasperation
emotion-annoyance = Annoyance
emotion-frustration = Frustration
emotion-disappointment = Disappointment
cause-delivery = Delivery
cause-unreachable = Unreachable
cause-repetition = Repetition
cause-refund = Refund
cause-promotion = Canvassing and promotions
cause-recognition = Lack of consideration
cause-billing = Billing
cause-contract = Contract
cause-product = Product
cause-outage = Outage
cause-store = Store
cause-fraud = Fraud
flag-complaint = Complaint
flag-answer = Wants an answer
kind-post = Post
kind-review = Review
kind-comment = Reply
kind-article = Article
source-rss = Press and blogs
source-mastodon = Mastodon
source-import = Import
case-status-new = New
case-status-assigned = Assigned
case-status-answered = Answered
case-status-closed = Closed
case-status-reopened = Reopened
incident-status-open = To handle
incident-status-acknowledged = Acknowledged
incident-status-resolved = Resolved
tag-score = { $tag }: { $score } according to the model
tag-score-uncertain = { $tag }: { $score } according to the model, so uncertain
tag-count = { $count ->
    [one] { $tag }: { $count } mention
   *[other] { $tag }: { $count } mentions
}
