"""What customers answer when asked."""

from __future__ import annotations

from connectors.families.contract import (
    PERSON,
    SENTIMENT,
    Family,
    Table,
    integer,
    number,
    ref,
    text,
    time,
    words,
)

QUESTION_TYPES = ("nps", "rating", "choice", "multi_choice", "text", "number", "date", "other")

SURVEY = Family(
    name="survey",
    doc="Surveys: what was asked, of whom, and what they answered.",
    tables=(
        Table(
            name="survey_questions",
            family="survey",
            grain="survey x question x item (an item is a grid's row or a multi-select's choice)",
            key=("survey_id", "question_id", "item_id"),
            cursor="updated_at",
            happened="updated_at",
            own=(
                ref("survey_id", "The survey.", required=True),
                ref("question_id", "The question, by the vendor's immutable id.", required=True),
                text(
                    "item_id", "Row of a grid or choice; empty for a whole question.", required=True
                ),
                text("survey_name", "Name of the survey."),
                text("question_text", "The question as asked."),
                text("item_text", "The grid row or choice as shown."),
                text("question_type", "Kind of question.", values=QUESTION_TYPES),
                number("scale_min", "Lowest answer possible."),
                number("scale_max", "Highest answer possible."),
                integer("position", "Place in the survey, from 1."),
                text("language", "Language of the texts, BCP 47."),
                time("updated_at", "Last change of the question."),
            ),
        ),
        Table(
            name="survey_invitations",
            family="survey",
            grain="invitation sent to one person",
            key=("invitation_id",),
            cursor="updated_at",
            happened="sent_at",
            own=(
                ref("invitation_id", "The invitation.", required=True),
                ref("survey_id", "The survey.", required=True),
                *PERSON,
                text("channel", "How it was sent: email, sms, web, in_app, phone, paper."),
                text("touchpoint", "Where on the journey it was sent, if the source says."),
                text(
                    "status",
                    "How far it got.",
                    values=(
                        "sent",
                        "delivered",
                        "bounced",
                        "failed",
                        "opted_out",
                        "opened",
                        "started",
                        "completed",
                    ),
                ),
                time("sent_at", "When it was sent.", required=True),
                time("opened_at", "When it was first opened."),
                ref("response_id", "The response it led to."),
                time("updated_at", "Last change of the invitation."),
            ),
        ),
        Table(
            name="survey_responses",
            family="survey",
            grain="response (one person filling in one survey once)",
            key=("survey_id", "response_id"),
            cursor="updated_at",
            happened="submitted_at",
            own=(
                ref("survey_id", "The survey.", required=True),
                ref("response_id", "The response.", required=True),
                ref("invitation_id", "The invitation that led to it."),
                *PERSON,
                time("started_at", "When it was begun."),
                time("submitted_at", "When it was completed, or last touched if it never was."),
                text(
                    "status",
                    "Whether it counts: only completed and partial are answers of customers.",
                    required=True,
                    values=("completed", "partial", "screened_out", "over_quota", "preview"),
                ),
                text("channel", "How it was answered."),
                text("touchpoint", "Where on the journey it was asked, if the source says."),
                text("segment", "Segment of the respondent when answering."),
                text("language", "Language answered in, BCP 47."),
                number("weight", "Survey weight, where the sample was designed.", (0, 1e9)),
                time("updated_at", "Last change of the response."),
            ),
        ),
        Table(
            name="survey_answers",
            family="survey",
            grain="response x question x item",
            key=("survey_id", "response_id", "question_id", "item_id"),
            cursor="updated_at",
            happened="answered_at",
            own=(
                ref("survey_id", "The survey.", required=True),
                ref("response_id", "The response.", required=True),
                ref("question_id", "The question, by the vendor's immutable id.", required=True),
                text(
                    "item_id", "Row of a grid or choice; empty for a whole question.", required=True
                ),
                number("value_number", "The answer, if it is a number."),
                words("value_text", "The answer, if it is free text."),
                SENTIMENT,
                text("value_choice", "The answer, if it is one of the choices offered."),
                time("answered_at", "When it was answered."),
                time("updated_at", "Last change of the answer."),
            ),
        ),
    ),
)
