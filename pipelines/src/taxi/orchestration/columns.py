"""What the columns of tables and files mean. Names and types of the tables are the catalog's."""

TRIPS = {
    "vendor_id": "Company whose meter recorded the trip: 1 Creative Mobile, 2 Curb, 6 Myle, 7 Helix",
    "pickup_datetime": "When the meter was switched on, in New York's time as the meter had it",
    "dropoff_datetime": "When the meter was switched off",
    "passenger_count": "Passengers, as the driver entered them; NULL if not told",
    "trip_distance": "Miles by the meter",
    "rate_code_id": "Rate in effect: 1 standard, 2 JFK, 3 Newark, 4 Nassau or Westchester, 5 negotiated, 6 group, 99 unknown",
    "store_and_fwd_flag": "Y if the meter kept the trip for a while because it had no connection",
    "pickup_zone_id": "Taxi zone where the trip began; 264 and 265 stand for unknown and outside of the city",
    "dropoff_zone_id": "Taxi zone where the trip ended",
    "payment_type": "0 flex fare, 1 card, 2 cash, 3 no charge, 4 dispute, 5 unknown, 6 voided",
    "fare_amount": "Fare by time and distance, dollars; negative in corrections",
    "extra": "Surcharges for rush hour and night, dollars",
    "mta_tax": "Tax of the transport authority, dollars",
    "tip_amount": "Tips paid by card, dollars; cash tips are not known",
    "tolls_amount": "Tolls, dollars",
    "improvement_surcharge": "Dollars, since 2015",
    "total_amount": "All that was paid but cash tips, dollars",
    "congestion_surcharge": "State's surcharge in Manhattan, dollars, since 2019",
    "airport_fee": "Pick-up fee at LaGuardia and JFK, dollars, since 2021",
    "cbd_congestion_fee": "Toll of the congestion zone, dollars, since 2025",
    "partition_date": "First day of the month in whose file the trip is; a few trips began in other months",
}
ZONES = {
    "zone_id": "Number of the zone; one row each",
    "zone": "Name",
    "borough": "Borough; EWR is Newark's airport",
    "geometry": "Border as WKT, degrees of WGS 84",
}
ZONES_FILE = {"LocationID": "VARCHAR", "zone": "VARCHAR", "borough": "VARCHAR", "the_geom": "VARCHAR"}
ZONES_FILE_MEANINGS = {
    "LocationID": "Number of the zone; 56 and 103 have several rows",
    "zone": "Name",
    "borough": "Borough; EWR is Newark's airport",
    "the_geom": "Border as WKT, up to 300,000 characters",
}
STATS = {"zone_id": "INTEGER", "zone": "VARCHAR", "borough": "VARCHAR", "num_trips": "BIGINT", "geometry": "GEOMETRY"}
STATS_MEANINGS = {"zone_id": "Number of the zone", "num_trips": "Trips that began in the zone, of all months in the lake"}
WEEKS = {
    "period": "DATE",
    "num_trips": "BIGINT",
    "total_amount": "DECIMAL",
    "trip_distance": "DECIMAL",
    "passenger_count": "BIGINT",
}
WEEKS_MEANINGS = {
    "period": "The Sunday on which the week begins",
    "num_trips": "Trips that began from that Sunday to before the next one",
    "total_amount": "Their dollars, rounded to cents",
    "trip_distance": "Their miles, rounded to two digits",
    "passenger_count": "Their passengers, as far as told",
}
FRAUD = {
    "hour_of_day": "INTEGER",
    "borough": "VARCHAR",
    "trips": "BIGINT",
    "share": "DECIMAL",
    "transactions": "BIGINT",
    "amount": "DECIMAL",
    "fraudulent_transactions": "BIGINT",
    "fraudulent_amount": "DECIMAL",
}
FRAUD_MEANINGS = {
    "hour_of_day": "0 to 23, by the clock of New York",
    "borough": "Borough where trips began; Unknown where the zone is in none",
    "trips": "Trips that began there in that hour, of all days and months in the lake",
    "share": "Their share of all trips in that hour, 0 to 1; of all trips of the day in an hour without any",
    "transactions": "That share of the hour's transactions, in whole numbers whose sum is exact",
    "amount": "That share of their amount",
    "fraudulent_transactions": "That share of those that are labelled as fraud",
    "fraudulent_amount": "That share of their amount",
}
ANSWER = {"weekday": "VARCHAR", "hour": "INTEGER", "num_trips": "BIGINT"}
ANSWER_MEANINGS = {"hour": "0 to 23", "num_trips": "Trips that began in that hour of that weekday"}
