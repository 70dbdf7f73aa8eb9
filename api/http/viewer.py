"""From a request to a viewer: a verified token says who, the header `X-Purpose` says why."""

from typing import Annotated

from fastapi import Depends, Header, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from api.http.limits import spend
from api.http.problems import SignInNeeded
from api.http.state import workspace_of
from api.services import tokens
from api.services.workspace import Workspace
from policy.visibility import Viewer, viewer

BEARER = HTTPBearer(auto_error=False, description="JWT with the claims role and org.")
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

    401 without a valid token, 422 without a purpose, 429 when its organisation asks too often.
    """
    if credentials is None:
        raise SignInNeeded(request.url.path, "needs a signed-in viewer", SIGN_IN)
    try:
        who = tokens.verified(workspace.settings, credentials.credentials)
    except tokens.TokenRefused as error:
        raise SignInNeeded(error.value, error.rule, SIGN_IN) from error
    spend(request, who.organisation, x_purpose)
    return viewer(
        who.role, who.organisation, x_purpose or "", workspace.dictionary.codes("purpose")
    )
