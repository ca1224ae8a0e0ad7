"""All endpoints, in the order the document shows them."""

from fastapi import APIRouter

from app.api import api_info, organisations

TAGS = {
    "organisations": "The workplace and its settings.",
    "api-info": "About this API.",
}

ROUTERS: tuple[APIRouter, ...] = (organisations.router, api_info.router)
