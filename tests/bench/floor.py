"""The floor that receive is compared with: checks an HMAC and sends one message to SQS, with boto3 alone.

It stands alone as a Lambda's handler would: a fresh process imports it and calls `handler`.
"""

import base64
import hashlib
import hmac
import json
import os
from typing import Any

import boto3

QUEUE = json.loads(os.environ["CASHPATH_QUEUES"])["create_orders"]
sqs = boto3.client("sqs")
secrets: list[str] = []


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    if not secrets:
        answer = boto3.client("secretsmanager").get_secret_value(SecretId="cashpath/local/shop/webhook")
        secrets.extend(json.loads(answer["SecretString"])["secrets"])
    body = event["body"].encode()
    signature = base64.b64encode(hmac.new(secrets[0].encode(), body, hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(signature, event["headers"]["x-shopify-hmac-sha256"]):
        return {"statusCode": 401}
    sqs.send_message(QueueUrl=QUEUE, MessageBody=json.dumps({"id": json.loads(body)["id"]}))
    return {"statusCode": 202}
