"""From a request to a viewer: a verified token says who, the header `X-Purpose` says why."""

from typing import Annotated

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api import audit
from api.http.limits import spend
from api.http.problems import SignInNeeded
from api.http.state import workspace_of
from api.services import tokens
from api.services.workspace import Workspace
from graph_model.errors import BadInput
from policy.visibility import Decision, Sight, Viewer, viewer

BEARER = HTTPBearer(auto_error=False, description="JWT with the claims role and org.")
NOTED = 128
"""Characters of what was sent that the journal keeps."""

SIGN_IN = "Send the header `Authorization: Bearer TOKEN`."


def viewer_of(
    request: Request,
    workspace: Annotated[Workspace, Depends(workspace_of)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)] = None,
    x_purpose: Annotated[
        str | None, Header(description="Code of the purpose; without it there is no answer.")
    ] = None,
) -> Viewer:
    """Make the viewer of a request.

    401 without a valid token, 422 without a purpose, 429 when its organisation asks too often. A
    question without a purpose is written down as every other refusal.
    """
    if credentials is None:
        raise SignInNeeded(request.url.path, "needs a signed-in viewer", SIGN_IN)
    try:
        who = tokens.verified(workspace.settings, credentials.credentials)
    except tokens.TokenRefused as error:
        raise SignInNeeded(error.value, error.rule, SIGN_IN) from error
    spend(request, who.organisation, x_purpose)
    purpose = x_purpose or ""
    try:
        purposes = workspace.dictionary.codes("purpose")
        return viewer(who.role, who.organisation, purpose, purposes)
    except BadInput as error:
        asking = Viewer(who.role, who.organisation, purpose[:NOTED])
        action = f"{request.method} {request.scope['route'].path}"
        subject = request.path_params.get("party", "")[:NOTED]
        decision = Decision(Sight.HIDDEN, error.rule)
        audit.record(workspace.store, asking, action, subject, decision, "")
        raise
