"""Labels of the actions in the audit log and of the fields that its entries name."""

from __future__ import annotations

from kb.messages import N_

UNKNOWN = N_("did “{action}” on {thing}")
"""Sentence for an action that ``ACTIONS`` does not list."""

ACTIONS = {
    "account.board": (
        N_("Put somebody on the scientific board"),
        N_("put {thing} on the scientific board"),
    ),
    "account.change": (N_("Changed their own account"), N_("changed their own account data")),
    "account.claim": (N_("Became administrator"), N_("became the first administrator")),
    "account.create": (N_("Made an account"), N_("made the account of {thing} as {role}")),
    "account.disable": (N_("Closed an account"), N_("closed the account of {thing}")),
    "account.enable": (N_("Opened an account again"), N_("opened the account of {thing} again")),
    "account.invitation": (N_("Made an invitation"), N_("made an invitation link for {thing}")),
    "account.no_board": (
        N_("Took somebody off the scientific board"),
        N_("took {thing} off the scientific board"),
    ),
    "account.password": (N_("Chose a password"), N_("chose a new password")),
    "account.reset": (
        N_("Made a link for a password"),
        N_("made a link for a new password for {thing}"),
    ),
    "account.role": (
        N_("Changed a role"),
        N_("changed the role of {thing} from {was} to {role}"),
    ),
    "account.role_kept": (
        N_("Kept the role of the last administrator"),
        N_("stays administrator: there would be none left"),
    ),
    "account.sign_in": (N_("Signed in"), N_("signed in")),
    "account.sign_out": (N_("Signed other devices out"), N_("signed out on other devices")),
    "base.backup": (N_("Made a backup"), N_("made the backup {file}")),
    "collection.add": (
        N_("Added to a collection"),
        N_("added {item} to the collection {thing}"),
    ),
    "collection.arrange": (
        N_("Arranged a collection"),
        N_("changed contents and order of the collection {thing}"),
    ),
    "collection.change": (
        N_("Changed a collection"),
        N_("changed {fields} of the collection {thing}"),
    ),
    "collection.cover": (
        N_("Changed a cover"),
        N_("changed the cover of the collection {thing}"),
    ),
    "collection.create": (N_("Made a collection"), N_("made the collection {thing}")),
    "collection.delete": (N_("Deleted a collection"), N_("deleted the collection {thing}")),
    "collection.publish": (N_("Published a collection"), N_("published the collection {thing}")),
    "collection.withdraw": (
        N_("Withdrew a collection"),
        N_("made the collection {thing} a draft again"),
    ),
    "document.add": (N_("Added a document"), N_("added the document {thing}")),
    "document.cancel": (N_("Stopped processing"), N_("stopped the processing of {thing}")),
    "document.delete": (N_("Deleted a document"), N_("deleted the document {thing}")),
    "document.edit": (N_("Changed a document"), N_("changed {fields} of {thing}")),
    "project.create": (N_("Began a project"), N_("began the project {thing}")),
    "project.change": (N_("Changed a project"), N_("changed {fields} of the project {thing}")),
    "project.stage": (N_("Moved a project"), N_("moved the project {thing} to another stage")),
    "project.visibility": (
        N_("Changed who sees a project"),
        N_("changed who sees the project {thing}"),
    ),
    "project.card": (
        N_("Made a card of a project"),
        N_("made a draft card of the project {thing}"),
    ),
    "project.sheet": (
        N_("Froze a measurement sheet"),
        N_("froze the measurements of the project {thing}"),
    ),
    "project.delete": (N_("Deleted a project"), N_("deleted the project {thing}")),
    "project.invite": (
        N_("Added a member of a project"),
        N_("added a member to the project {thing}"),
    ),
    "project.lead": (N_("Took the lead of a project"), N_("took the lead of the project {thing}")),
    "project.join": (N_("Joined a project"), N_("joined the project {thing}")),
    "project.leave": (
        N_("Ended a part in a project"),
        N_("noted that a member left the project {thing}"),
    ),
    "project.part": (
        N_("Changed a part in a project"),
        N_("changed the part of a member of the project {thing}"),
    ),
    "indicator.save": (N_("Wrote an indicator"), N_("wrote an indicator of the project {thing}")),
    "indicator.retire": (
        N_("Ended or took up an indicator"),
        N_("ended or took up an indicator of the project {thing}"),
    ),
    "measurement.report": (
        N_("Reported a measurement"),
        N_("reported a measurement of the project {thing}"),
    ),
    "measurement.correct": (
        N_("Corrected a measurement"),
        N_("corrected a measurement of the project {thing}"),
    ),
    "measurement.check": (
        N_("Checked a measurement"),
        N_("checked a measurement of the project {thing}"),
    ),
    "measurement.return": (
        N_("Sent a measurement back"),
        N_("sent back a measurement of the project {thing}"),
    ),
    "document.retry": (N_("Processed again"), N_("had {thing} processed again")),
    "document.version": (
        N_("Added a version"),
        N_("uploaded {file} as a new version of {thing}"),
    ),
    "document.version_withdraw": (
        N_("Discarded a version"),
        N_("discarded the new version of {thing}"),
    ),
    "draft.create": (N_("Began a draft"), N_("began version {number} of the card {thing}")),
    "contribution.accepted": (
        N_("Accepted a visitor's message"),
        N_("accepted a visitor's message"),
    ),
    "contribution.declined": (
        N_("Declined a visitor's message"),
        N_("declined a visitor's message"),
    ),
    "draft.delete": (N_("Deleted a draft"), N_("deleted the draft of the card {thing}")),
    "issue.approve": (N_("Approved an issue"), N_("approved the issue {thing}")),
    "issue.change": (N_("Changed an issue"), N_("changed the issue {thing}")),
    "issue.create": (N_("Began an issue"), N_("began the issue {thing}")),
    "issue.delete": (N_("Deleted an issue"), N_("deleted the draft of the issue {thing}")),
    "issue.propose": (N_("Proposed an issue"), N_("asked for approval of the issue {thing}")),
    "issue.publish": (N_("Published an issue"), N_("published the issue {thing}")),
    "issue.recall": (N_("Took an issue back"), N_("took the issue {thing} back")),
    "issue.return": (N_("Sent an issue back"), N_("sent the issue {thing} back to its authors")),
    "event.attendance": (
        N_("Marked attendance"),
        N_("marked who attended the event {thing}"),
    ),
    "event.photograph": (
        N_("Changed the photographs of an event"),
        N_("changed the photographs of the event {thing}: {alt}"),
    ),
    "issue.send": (N_("Sent an issue"), N_("sent the issue {thing} by mail")),
    "subscriptions.erase": (N_("Erased an address"), N_("erased an address of the magazine")),
    "subscriptions.import": (N_("Imported addresses"), N_("imported addresses for the magazine")),
    "line.end": (N_("Ended a line of the board"), N_("ended the line {thing} of the board")),
    "account.erase": (N_("Account erased"), N_("erased the own account")),
    "line.idea": (
        N_("Made a project of a line of the board"),
        N_("made a project of the line {thing} of the board"),
    ),
    "line.set": (N_("Set a line of the board"), N_("set the line {thing} of the board")),
    "page.write": (N_("Wrote a page of the site"), N_("wrote the page {thing} of the site")),
    "path.question": (
        N_("Added a question to a path"),
        N_("added a question to the path {thing}"),
    ),
    "path.event": (
        N_("Set the event of a unit"),
        N_("set the event of a unit of the path {thing}"),
    ),
    "path.question_changed": (
        N_("Changed a question of a path"),
        N_("changed a question of the path {thing}"),
    ),
    "path.question_removed": (
        N_("Removed a question of a path"),
        N_("removed a question of the path {thing}"),
    ),
    "practice.cancel": (N_("Stopped processing"), N_("stopped the processing of {thing}")),
    "practice.delete": (N_("Deleted a card"), N_("deleted the card {thing}")),
    "practice.picture": (
        N_("Set a picture"),
        N_("set the picture of the card {thing}, by {author}, {licence}"),
    ),
    "practice.picture_removed": (
        N_("Removed a picture"),
        N_("removed the picture of the card {thing}, by {author}, {licence}"),
    ),
    "practice.published": (
        N_("Approved a card"),
        N_("approved and published version {number} of the card {thing}"),
    ),
    "practice.recall": (
        N_("Took a card back"),
        N_("took version {number} of the card {thing} back from review"),
    ),
    "practice.retry": (N_("Processed again"), N_("had {thing} processed again")),
    "practice.returned": (
        N_("Sent a card back"),
        N_("sent version {number} of the card {thing} back to its author"),
    ),
    "practice.submit": (
        N_("Sent a card to review"),
        N_("sent version {number} of the card {thing} to review"),
    ),
    "practice.withdrawn": (N_("Withdrew a card"), N_("withdrew the card {thing}")),
    "profile.change": (N_("Changed a profile"), N_("changed a profile of the network")),
    "profile.create": (N_("Made a profile"), N_("made a profile in the network")),
    "profile.delete": (N_("Deleted a profile"), N_("deleted a profile of the network")),
    "profile.enter": (
        N_("Entered a profile with an agreement"),
        N_("entered a profile in the network with an agreement"),
    ),
    "question.settle": (
        N_("Settled a question"),
        N_("took the question {text} off the list of unanswered ones"),
    ),
    "request.accepted": (N_("Accepted a request"), N_("accepted a request of the network")),
    "request.ask": (N_("Made a request"), N_("made a request in the network")),
    "request.declined": (N_("Declined a request"), N_("declined a request of the network")),
    "request.meeting": (N_("Proposed a meeting"), N_("proposed the meeting {item}")),
    "request.report": (N_("Reported a request"), N_("reported a request as out of place")),
    "request.settle": (N_("Looked at a report"), N_("looked at a reported request")),
    "token.create": (N_("Made an API token"), N_("made the API token {name}")),
    "token.revoke": (N_("Revoked an API token"), N_("revoked the API token {name}")),
}
"""By action: the label in the filter, and the sentence that follows the person's name."""

FIELDS = {
    "argument": N_("argument"),
    "authors": N_("authors"),
    "country": N_("country"),
    "cover": N_("cover"),
    "event_type": N_("kind of event"),
    "people": N_("people"),
    "recordings": N_("recordings"),
    "places": N_("places"),
    "enrol_until": N_("last day to enrol"),
    "hours": N_("hours"),
    "audience": N_("for whom"),
    "outcomes": N_("outcomes"),
    "begins_at": N_("hour"),
    "held_in": N_("place of the event"),
    "held_on": N_("first day"),
    "held_until": N_("last day"),
    "kind": N_("kind"),
    "language": N_("language"),
    "licence": N_("licence"),
    "organiser": N_("organiser"),
    "publisher": N_("publisher"),
    "source_url": N_("address of the source"),
    "state": N_("state"),
    "themes": N_("themes"),
    "title": N_("title"),
    "title_en": N_("English title"),
    "visibility": N_("who may see it"),
    "year": N_("year"),
}
"""Labels of the fields that entries name, as in the forms."""
