"""Questions about pay: an associate's own, a store's for its managers, everybody's for payroll."""

from typing import Annotated, Final

import msgspec
from litestar import Response

from domain.ids import AssociateId, Code
from projections.associate_directory.fold import PROJECTION as DIRECTORY
from projections.pay_questions import queries
from projections.pay_questions.fold import PROJECTION
from services.api.http.parameters import Limit, Reading
from services.api.http.route_handlers import Injected, read
from services.api.resources.decryption import decrypted_response
from services.api.state import AppState
from services.read_models.tables import ITS_POSITION_ALONE, Query

Cursor = Annotated[str, msgspec.Meta(pattern=r"^\d{1,18}$", description="`next` of the page before.")]


class QuestionFilter(Reading, kw_only=True):
    """A page of questions, in the order in which they were asked: of a store, of an associate, or of all;
    open or answered ones, or both.
    """

    limit: Limit = 50
    after: Cursor | None = None
    store_id: Code | None = None
    associate_id: AssociateId | None = None
    status: queries.QuestionStatus | None = None


class QuestionsPage(msgspec.Struct, frozen=True, kw_only=True):
    """Questions, the oldest first; `next` is what `after` is for the next page, null on the last."""

    questions: list[queries.QuestionDocument]
    next: str | None


@read("/v1/questions", tag="pay", summary="Questions about pay.")
async def questions(app: Injected[AppState], params: Injected[QuestionFilter]) -> Response[QuestionsPage]:
    """What associates ask about their pay, with the answers. A store's are those of who works there now."""
    asked = queries.questions_parameters(
        status=params.status,
        associate_id=params.associate_id,
        store_id=params.store_id,
        after=int(params.after or 0),
        limit=params.limit + 1,
    )
    found, stores = await app.tables.read_together(
        Query(PROJECTION.name, queries.questions(asked), asked),
        Query(DIRECTORY.name, ITS_POSITION_ALONE, {}),
        at_least=params.at_least,
    )
    listed = queries.questions_of(found.rows, app.clock.now())
    page = listed[: params.limit]
    more = str(page[-1].asked_position) if len(listed) > params.limit else None
    answer = QuestionsPage(questions=page, next=more)
    return await decrypted_response(app, answer, position=min(found.position, stores.position))


ROUTE_HANDLERS: Final = (questions,)
