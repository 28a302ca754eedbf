"""Every GraphQL document that is sent to Shopify, by name: queries, and mutations of customers and goods.

Tests validate each against the published Admin schema.

What a document asks for is what `records`, `lines`, `parties` and `catalog` read, no more: Shopify charges by the
objects that a query may return (shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits), and refuses one that may
return more than 1,000.
"""

VERSION = "2026-07"  # pinned; each is supported for a year (shopify.dev/docs/api/usage/versioning)

LINES = 25  # order lines in one request: 24 points each
# Orders in one request: 157 points each, 47 for itself, 96 for its first lines, 14 for what ships it. One more would
# exceed what Shopify allows if it counts each of the transactions that may come.
ORDERS = 4
BASKET = 4  # lines of each of them; more follow as of an order that is read alone
SHIPPED = 10  # shipping lines of an order
TRANSACTIONS = 20
CHANGES = 100  # ids in one page of what changed

ADDRESSES = 5  # further addresses of a customer that are read
NO_FIELD = "cashpath.none"  # asks for no field of a brand's own: no list at all would mean all
METAFIELDS = 10  # fields of its own that a brand may map for a kind
EMAILS = 5  # customers looked up in one request: a search by word finds more than it should
MANY = 20  # customers or variants in one request
LOCATIONS = 10  # locations of a company in one request
COMPANIES = 10  # companies in one request
SKUS = 5  # variants looked up in one request: a search by word finds more than it should
MATCHES = 20  # of what either finds, on one page
SHELF = 25  # variants of a product on one page
PRODUCTS = 8  # products in one request: 82 points each, 17 for itself, 13 for each of its first variants
RANGE = 5  # variants of each of them; more follow as of a product that is read alone
SIBLINGS = 100  # variants of a product that a new one is named apart from
CONTENTS = 30  # components of a bundle: Shopify takes no more ("Add a variant fixed bundle")
BUNDLED = 10  # bundles in one request
PRICED = 100  # variants whose price elsewhere is asked for in one request
PLANS = 100  # selling plans in one request
BREAKS = 20  # quantity breaks of a variant
TIERED = 20  # variants whose quantity breaks are asked for in one request
EXPORTS_SEEN = 20  # of the app's last exports, those among which one is looked for

_MONEY = "{ shopMoney { amount currencyCode } }"
_TAX = f"{{ title rate channelLiable priceSet {_MONEY} }}"
_ADDRESS = "{ id name company address1 address2 city zip provinceCode countryCodeV2 phone }"
_COMPANY_ADDRESS = "{ recipient companyName address1 address2 city zip zoneCode countryCode phone }"
_ALLOCATION = f"""{{
  allocatedAmountSet {_MONEY}
  discountApplication {{
    ... on DiscountCodeApplication {{ code }}
    ... on AutomaticDiscountApplication {{ title }}
    ... on ManualDiscountApplication {{ title }}
    ... on ScriptDiscountApplication {{ title }}
  }}
}}"""
_RECURS = """
  biller: metafield(namespace: "cashpath", key: "biller") { value }
  interval: metafield(namespace: "cashpath", key: "interval") { value }
  intervalCount: metafield(namespace: "cashpath", key: "interval_count") { value }
"""
_MAPPED = f"metafields(first: {METAFIELDS}, keys: $fields) {{ nodes {{ namespace key value }} }}"
_SAYS = """
  nature: metafield(namespace: "cashpath", key: "nature") { value }
  taxCategory: metafield(namespace: "cashpath", key: "tax_category") { value }
"""
_ORIGIN = 'origin: metafield(namespace: "$app:cashpath", key: "origin") { value }'
_LINES = f"""{{
  nodes {{
    id
    title
    variantTitle
    sku
    quantity
    currentQuantity
    nonFulfillableQuantity
    requiresShipping
    isGiftCard
    originalUnitPriceSet {_MONEY}
    priceAfterAllDiscountsBeforeTaxesSet {_MONEY}
    discountAllocations {_ALLOCATION}
    taxLines {_TAX}
    duties {{ id price {_MONEY} taxLines {_TAX} }}
    variant {{ id }}
    product {{ id {_RECURS} }}
    sellingPlan {{ name sellingPlanId }}
  }}
  pageInfo {{ hasNextPage endCursor }}
}}"""


def _order(lines: int, shipped: int) -> str:
    """An order with the first of its lines and of what ships it."""
    return f"""{{
  id
  name
  updatedAt
  processedAt
  cancelledAt
  displayFulfillmentStatus
  currencyCode
  presentmentCurrencyCode
  taxesIncluded
  dutiesIncluded
  email
  note
  test
  sourceName
  customAttributes {{ key value }}
  {_ORIGIN}
  deal: metafield(namespace: "cashpath", key: "deal") {{ value }}
  customer {{ id }}
  purchasingEntity {{
    ... on PurchasingCompany {{ company {{ id }} contact {{ customer {{ id }} }} }}
  }}
  billingAddress {_ADDRESS}
  shippingAddress {_ADDRESS}
  totalPriceSet {{ shopMoney {{ amount currencyCode }} presentmentMoney {{ amount currencyCode }} }}
  currentTotalPriceSet {{ shopMoney {{ amount currencyCode }} presentmentMoney {{ amount currencyCode }} }}
  totalTaxSet {_MONEY}
  currentTotalTaxSet {_MONEY}
  taxLines {_TAX}
  currentTaxLines {_TAX}
  originalTotalDutiesSet {_MONEY}
  currentTotalDutiesSet {_MONEY}
  additionalFees {{ id name price {_MONEY} taxLines {_TAX} }}
  totalTipReceivedSet {_MONEY}
  totalCashRoundingAdjustment {{ paymentSet {_MONEY} }}
  shippingLines(first: {shipped}) {{
    nodes {{
      id
      title
      originalPriceSet {_MONEY}
      discountedPriceSet {_MONEY}
      currentDiscountedPriceSet {_MONEY}
      discountAllocations {_ALLOCATION}
      taxLines {_TAX}
    }}
    pageInfo {{ hasNextPage }}
  }}
  transactions(first: {TRANSACTIONS}) {{ kind status gateway amountSet {_MONEY} paymentDetails {{ __typename }} }}
  risk {{ recommendation assessments {{ riskLevel }} }}
  lineItems(first: {lines}) {_LINES}
}}"""


ORDER = f"query Order($id: ID!) {{ order(id: $id) {_order(LINES, SHIPPED)} }}"

ORDERS_MANY = f"query OrdersMany($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Order {_order(BASKET, 1)} }} }}"

ORDER_LINES = f"""
query OrderLines($id: ID!, $after: String!) {{
  order(id: $id) {{
    updatedAt
    lineItems(first: {LINES}, after: $after) {_LINES}
  }}
}}
"""

SELLING_PLANS = """
query SellingPlans($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on SellingPlan {
      id
      billingPolicy { ... on SellingPlanRecurringBillingPolicy { interval intervalCount } }
    }
  }
}
"""

_CUSTOMER = f"""{{
  id
  updatedAt
  firstName
  lastName
  locale
  taxExempt
  defaultEmailAddress {{ emailAddress marketingState }}
  defaultPhoneNumber {{ phoneNumber }}
  defaultAddress {_ADDRESS}
  addressesV2(first: {ADDRESSES}) {{ nodes {_ADDRESS} }}
  companyContactProfiles {{ company {{ id }} }}
  {_MAPPED}
  {_ORIGIN}
}}"""

CUSTOMER = f"query Customer($id: ID!, $fields: [String!]) {{ customer(id: $id) {_CUSTOMER} }}"

CUSTOMERS = f"""
query Customers($ids: [ID!]!, $fields: [String!]) {{
  nodes(ids: $ids) {{ ... on Customer {_CUSTOMER} }}
}}
"""

CUSTOMERS_BY_EMAIL = f"""
query CustomersByEmail($query: String!, $after: String, $fields: [String!]) {{
  customers(first: {MATCHES}, after: $after, query: $query, sortKey: CREATED_AT) {{
    nodes {_CUSTOMER}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""

CUSTOMER_BY_ORIGIN = """
query CustomerByOrigin($origin: String!) {
  customerByIdentifier(identifier: {customId: {namespace: "$app:cashpath", key: "origin", value: $origin}}) { id }
}
"""

_ERRORS = "userErrors { field message }"

CUSTOMER_CREATE = f"""
mutation CustomerCreate($input: CustomerInput!) {{
  customerCreate(input: $input) {{ customer {{ id }} {_ERRORS} }}
}}
"""
CUSTOMER_UPDATE = f"""
mutation CustomerUpdate($input: CustomerInput!) {{
  customerUpdate(input: $input) {{ customer {{ id }} {_ERRORS} }}
}}
"""
ADDRESS_CREATE = f"""
mutation AddressCreate($customer: ID!, $address: MailingAddressInput!) {{
  customerAddressCreate(customerId: $customer, address: $address, setAsDefault: true) {{ address {{ id }} {_ERRORS} }}
}}
"""
ADDRESS_UPDATE = f"""
mutation AddressUpdate($customer: ID!, $id: ID!, $address: MailingAddressInput!) {{
  customerAddressUpdate(customerId: $customer, addressId: $id, address: $address) {{ address {{ id }} {_ERRORS} }}
}}
"""
ADDRESS_DELETE = """
mutation AddressDelete($customer: ID!, $id: ID!) {
  customerAddressDelete(customerId: $customer, addressId: $id) { deletedAddressId userErrors { field message } }
}
"""
CONSENT_UPDATE = f"""
mutation ConsentUpdate($input: CustomerEmailMarketingConsentUpdateInput!) {{
  customerEmailMarketingConsentUpdate(input: $input) {{ customer {{ id }} {_ERRORS} }}
}}
"""
CUSTOMER_MERGE = f"""
mutation CustomerMerge($loser: ID!, $survivor: ID!, $keep: CustomerMergeOverrideFields) {{
  customerMerge(customerOneId: $loser, customerTwoId: $survivor, overrideFields: $keep) {{
    resultingCustomerId
    {_ERRORS}
  }}
}}
"""
CUSTOMER_ERASE = f"""
mutation CustomerErase($id: ID!) {{
  customerRequestDataErasure(customerId: $id) {{ customerId {_ERRORS} }}
}}
"""
ORIGIN_DEFINE = f"""
mutation OriginDefine($definition: MetafieldDefinitionInput!) {{
  metafieldDefinitionCreate(definition: $definition) {{ createdDefinition {{ id }} {_ERRORS} }}
}}
"""
SCOPES = "query Scopes { currentAppInstallation { accessScopes { handle } } }"
DEFINITIONS = """
query Definitions($owner: MetafieldOwnerType!) {
  metafieldDefinitions(ownerType: $owner, first: 100) { nodes { namespace key } }
}
"""

_LOCATIONS = f"""{{
  nodes {{
    id
    name
    phone
    billingAddress {_COMPANY_ADDRESS}
    shippingAddress {_COMPANY_ADDRESS}
    taxSettings {{ taxRegistrationId taxExempt }}
  }}
  pageInfo {{ hasNextPage endCursor }}
}}"""
_COMPANY = f"""{{
  id
  name
  updatedAt
  mainContact {{ customer {{ defaultEmailAddress {{ emailAddress }} }} }}
  locations(first: {LOCATIONS}, sortKey: ID) {_LOCATIONS}
  {_MAPPED}
  {_ORIGIN}
}}"""

COMPANY = f"query Company($id: ID!, $fields: [String!]) {{ company(id: $id) {_COMPANY} }}"

COMPANY_LOCATIONS = f"""
query CompanyLocations($id: ID!, $after: String!) {{
  company(id: $id) {{
    updatedAt
    locations(first: {LOCATIONS}, after: $after, sortKey: ID) {_LOCATIONS}
  }}
}}
"""

COMPANIES_MANY = f"""
query CompaniesMany($ids: [ID!]!, $fields: [String!]) {{
  nodes(ids: $ids) {{ ... on Company {_COMPANY} }}
}}
"""

_VARIANT = f"""{{
  id
  title
  sku
  price
  taxable
  updatedAt
  requiresComponents
  inventoryItem {{ requiresShipping }}
  {_MAPPED}
  {_ORIGIN}
}}"""
_PRODUCT = f"id title status isGiftCard productType updatedAt category {{ id }} {_SAYS} {_RECURS}"

VARIANT = f"""
query Variant($id: ID!, $fields: [String!]) {{
  shop {{ currencyCode }}
  productVariant(id: $id) {{ ...of product {{ {_PRODUCT} }} }}
}}
fragment of on ProductVariant {_VARIANT}
"""

VARIANTS = f"""
query Variants($ids: [ID!]!, $fields: [String!]) {{
  shop {{ currencyCode }}
  nodes(ids: $ids) {{ ... on ProductVariant {{ ...of product {{ {_PRODUCT} }} }} }}
}}
fragment of on ProductVariant {_VARIANT}
"""

VARIANTS_BY_SKU = f"""
query VariantsBySku($query: String!, $after: String, $fields: [String!]) {{
  shop {{ currencyCode }}
  productVariants(first: {MATCHES}, after: $after, query: $query, sortKey: ID) {{
    nodes {{ ...of product {{ {_PRODUCT} }} }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
fragment of on ProductVariant {_VARIANT}
"""


def _stocked(variants: int) -> str:
    """A product with the first of its variants."""
    return f"""{{
  {_PRODUCT}
  metafields(first: {METAFIELDS}, keys: $own) {{ nodes {{ namespace key value }} }}
  {_ORIGIN}
  variants(first: {variants}) {{ nodes {{ ...of }} pageInfo {{ hasNextPage endCursor }} }}
}}"""


PRODUCT = f"""
query Product($id: ID!, $fields: [String!], $own: [String!]) {{
  shop {{ currencyCode }}
  product(id: $id) {_stocked(SHELF)}
}}
fragment of on ProductVariant {_VARIANT}
"""

PRODUCTS_MANY = f"""
query ProductsMany($ids: [ID!]!, $fields: [String!], $own: [String!]) {{
  shop {{ currencyCode }}
  nodes(ids: $ids) {{ ... on Product {_stocked(RANGE)} }}
}}
fragment of on ProductVariant {_VARIANT}
"""

PRODUCT_VARIANTS = f"""
query ProductVariants($id: ID!, $after: String!, $fields: [String!]) {{
  product(id: $id) {{
    updatedAt
    variants(first: {SHELF}, after: $after) {{ nodes {{ ...of }} pageInfo {{ hasNextPage endCursor }} }}
  }}
}}
fragment of on ProductVariant {_VARIANT}
"""

BUNDLES = f"""
query Bundles($ids: [ID!]!) {{
  nodes(ids: $ids) {{
    ... on ProductVariant {{
      id
      productVariantComponents(first: {CONTENTS}) {{
        nodes {{ quantity productVariant {{ id }} }}
        pageInfo {{ hasNextPage }}
      }}
    }}
  }}
}}
"""

_PRICE = "price { amount currencyCode }"

PRICES = f"""
query Prices($ids: [ID!]!, $country: CountryCode!) {{
  nodes(ids: $ids) {{
    ... on ProductVariant {{ id contextualPricing(context: {{country: $country}}) {{ {_PRICE} }} }}
  }}
}}
"""

TIERS = f"""
query Tiers($ids: [ID!]!, $location: ID!) {{
  companyLocation(id: $location) {{ id }}
  nodes(ids: $ids) {{
    ... on ProductVariant {{
      id
      contextualPricing(context: {{companyLocationId: $location}}) {{
        {_PRICE}
        quantityPriceBreaks(first: {BREAKS}, sortKey: MINIMUM_QUANTITY) {{
          nodes {{ minimumQuantity {_PRICE} }}
          pageInfo {{ hasNextPage }}
        }}
      }}
    }}
  }}
}}
"""

PRODUCT_OPTIONS = f"""
query ProductOptions($id: ID!) {{
  shop {{ currencyCode }}
  product(id: $id) {{ id title options {{ name }} variants(first: {SIBLINGS}) {{ nodes {{ title sku }} }} }}
}}
"""
PRODUCT_BY_ORIGIN = """
query ProductByOrigin($origin: String!) {
  productByIdentifier(identifier: {customId: {namespace: "$app:cashpath", key: "origin", value: $origin}}) { id }
}
"""
VARIANT_BY_ORIGIN = """
query VariantByOrigin($origin: String!) {
  productVariantByIdentifier(identifier: {customId: {namespace: "$app:cashpath", key: "origin", value: $origin}}) { id }
}
"""
PRODUCT_CREATE = f"""
mutation ProductCreate($product: ProductCreateInput!) {{
  productCreate(product: $product) {{ product {{ id }} {_ERRORS} }}
}}
"""
PRODUCT_UPDATE = f"""
mutation ProductUpdate($product: ProductUpdateInput!) {{
  productUpdate(product: $product) {{ product {{ id }} {_ERRORS} }}
}}
"""
VARIANT_CREATE = f"""
mutation VariantCreate(
  $product: ID!, $variants: [ProductVariantsBulkInput!]!, $strategy: ProductVariantsBulkCreateStrategy!
) {{
  productVariantsBulkCreate(productId: $product, variants: $variants, strategy: $strategy) {{
    productVariants {{ id }}
    {_ERRORS}
  }}
}}
"""
VARIANT_UPDATE = f"""
mutation VariantUpdate($product: ID!, $variants: [ProductVariantsBulkInput!]!) {{
  productVariantsBulkUpdate(productId: $product, variants: $variants) {{ productVariants {{ id }} {_ERRORS} }}
}}
"""


def _changed(name: str, connection: str, order: str = "UPDATED_AT") -> str:
    return f"""
query {name}($query: String!, $after: String) {{
  {connection}(first: {CHANGES}, after: $after, query: $query, sortKey: {order}) {{
    nodes {{ id updatedAt }}
    pageInfo {{ hasNextPage endCursor }}
  }}
}}
"""


ORDERS_CHANGED = _changed("OrdersChanged", "orders")
CUSTOMERS_CHANGED = _changed("CustomersChanged", "customers")
COMPANIES_CHANGED = _changed("CompaniesChanged", "companies")
PRODUCTS_CHANGED = _changed("ProductsChanged", "products")
VARIANTS_CHANGED = _changed("VariantsChanged", "productVariants", "ID")  # Shopify sorts them by nothing better


_EXPORTED = "{ id status errorCode objectCount url query createdAt }"
EXPORT_RUN = f"""
mutation ExportRun($query: String!) {{
  bulkOperationRunQuery(query: $query) {{ bulkOperation {_EXPORTED} userErrors {{ field message code }} }}
}}
"""
EXPORT = f"query Export($id: ID!) {{ bulkOperation(id: $id) {_EXPORTED} }}"
EXPORTS = f"""
query Exports {{ bulkOperations(first: {EXPORTS_SEEN}, query: "operation_type:query") {{ nodes {_EXPORTED} }} }}
"""


def export(connection: str, query: str) -> str:
    """What an export is to run: ids and marks of all that a search finds. A search in bulk is not sorted: asked for
    the order of `UPDATED_AT`, Shopify left records out (github.com/estuary/connectors/pull/4679)."""
    return f'{{ {connection}(query: "{query}") {{ edges {{ node {{ id updatedAt }} }} }} }}'


_NAMED = {
    name: value
    for name, value in globals().items()
    if name.isupper() and not name.startswith("_") and isinstance(value, str) and "{" in value
}
DOCUMENTS = {name: value for name, value in _NAMED.items() if "mutation " not in value}
MUTATIONS = {name: value for name, value in _NAMED.items() if "mutation " in value}
