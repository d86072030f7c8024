# The alerts page: incidents and the live feed.
incidents-title = Open incidents
incidents-none = Nothing unusual right now.
incidents-none-next = As soon as an emotion or a cause takes off, the incident appears here with its explanation.
incident-story = { $brand }: one story is spreading
incident-cause = { $brand }: complaints pour in about one cause — { $cause }
incident-volume = { $brand }: far more talk than usual
incident-rise = { $observed ->
    [one] { $observed } mention in { $window }, against { $expected } usually at this hour.
   *[other] { $observed } mentions in { $window }, against { $expected } usually at this hour.
}
incident-rise-emotion = { $observed ->
    [one] { $emotion }: { $observed } mention in { $window }, against { $expected } usually at this hour.
   *[other] { $emotion }: { $observed } mentions in { $window }, against { $expected } usually at this hour.
}
incident-rise-rare = { $observed ->
    [one] { $observed } mention in { $window }, where there is hardly ever one at this hour.
   *[other] { $observed } mentions in { $window }, where there is hardly ever one at this hour.
}
incident-rise-emotion-rare = { $observed ->
    [one] { $emotion }: { $observed } mention in { $window }, where there is hardly ever one at this hour.
   *[other] { $emotion }: { $observed } mentions in { $window }, where there is hardly ever one at this hour.
}
incident-source = { $source } { $count }
incident-since = Detected
incident-growth = Compared to usual
incident-mentions = Mentions
incident-reach = Potential audience
incident-first = The first post
incident-top = { $count ->
    [one] The most seen post
   *[other] The { $count } most seen posts
}
incident-acknowledge = I’m on it
incident-resolve = It’s settled
incident-acknowledged-by = { $user } is on it ({ $when })
incident-resolved-by = Settled by { $user } ({ $when })
feed-title = Right now
feed-live = Mentions, newest first
feed-filter = Filter the feed by emotion
feed-all = All
feed-empty = No mentions yet.
feed-empty-next = New mentions show up here by themselves. If nothing comes, check your sources with “vigie check”, or import a file with “vigie import”.
feed-empty-filtered = No mention carries this emotion. Choose another one, or “All”.
feed-paused-one = 1 new mention
feed-paused-many = # new mentions
mention-open = Open the original
mention-official = Official account
mention-repost = Repost
mention-repost-help = This text repeats an earlier one almost word for word.
mention-reposts = { $count ->
    [one] { $count } share
   *[other] { $count } shares
}
mention-reach = { $count ->
    [one] Potential audience: { $count } person
   *[other] Potential audience: { $count } people
}
mention-rating = { $stars } out of 5
mention-wants-answer = Wants an answer
incident-already-resolved = This incident has just been settled. Reload the page to see by whom.
mention-unsupported = Language not supported
mention-unsupported-help = The model does not read this language: that it has no tag says nothing about the text.
mention-why = Why these tags?
why-title = Why these tags
why-none = The model found no tag to explain in this text.
why-whole = No word stands out: the text as a whole counts.
why-uncertain = uncertain
why-help = Highlighted: the words without which the score would fall most. The percentage estimates the share of texts with this score that really carry the tag. Of a long text, only the beginning is looked at.
why-mention = The mention
why-taken-over = The model does not find this tag in this text today: it comes from the first text of the story, or from an earlier version of the model.
